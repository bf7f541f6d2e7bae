import { Context } from '@temporalio/activity';
import { WorkflowFailedError, type Client, type Connection } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { AbortWatch } from '../../measurement/judging/abort';
import { mergeHistograms } from '../../measurement/account/histogram';
import type { CollectInput, HostReport, LaneRecords, StepSnapshot } from '../../orchestrator/activity-types';
import { breachSignal, snapshotSignal } from '../../orchestrator/messages';
import type { TargetConnections } from '../../temporal/target-connections';
import { LaneRecorder, lanesOf, pendingHeartbeats, readLanes, snapshotOf } from './lane-heartbeats';
import { QueueSampler } from './task-queues';

/** The first snapshot is sent this long after the collector starts, at the latest. */
const FIRST_REPORT_MS = 4000;
/** The pause between two looks while no lane has begun: lanes may wait a minute for their generators. */
const NO_LANE_MS = 1000;
/** The abort conditions are checked at least this many times per abort window. */
const CHECKS_PER_WINDOW = 4;

export function createCollectProgress({ client, targets }: { client: Client; targets: TargetConnections }) {
  /**
   * Signals merged snapshots of a step's lanes to the run until it is canceled, or until an abort condition is met, which
   * it signals immediately. There is one collector per step: signals from up to fifty lanes would fill the run's history.
   */
  return async function collectProgress(input: CollectInput): Promise<void> {
    const { reportTo, reportEveryMs, stepIndex, abortOn } = input;
    const context = Context.current();
    const stepWorkflowId = context.info.workflowExecution!.workflowId;
    const connection = client.connection as Connection;
    const run = client.workflow.getHandle(reportTo);
    const queues = new QueueSampler(targets, input.run, input.queues);
    const watch = abortOn && new AbortWatch(abortOn);
    const recorder = new LaneRecorder();
    const checkEveryMs = abortOn ? Math.min(reportEveryMs, abortOn.windowMs / CHECKS_PER_WINDOW) : reportEveryMs;
    // Not by the clock of this machine, which may be set meanwhile.
    const now = () => performance.now();
    let reportAt = now() + Math.min(FIRST_REPORT_MS, reportEveryMs);
    for (;;) {
      await context.sleep(Math.max(0, Math.min(reportAt - now(), checkEveryMs)));
      const current = await lanesOf(connection, client.options.namespace, stepWorkflowId).catch(() => []);
      if (current.length === 0) {
        if (now() >= reportAt) await context.sleep(NO_LANE_MS);
        continue;
      }
      const lanes = recorder.record(current);
      const snapshot = snapshotOf(lanes, stepIndex)!;
      if (now() >= reportAt) {
        await run.signal(snapshotSignal, { ...snapshot, backlog: await backlogs(queues) });
        reportAt = now() + reportEveryMs;
      }
      if (!watch || !current.some(({ phase }) => phase === 'sending')) continue;
      const latency = mergeHistograms(lanes.map(({ histograms }) => histograms.latency));
      const { ageMs: backlogAgeMs } = (abortOn?.backlogAgeMs && (await queues.sample('workflow'))) || {};
      const breach = watch.breach({ atMs: now(), ledger: snapshot.ledger, latency, backlogAgeMs });
      if (breach === undefined) continue;
      await run.signal(breachSignal, breach);
      return;
    }
  };
}

/** Returns the backlog of each type of the step's task queues; types without statistics are left out. */
async function backlogs(queues: QueueSampler): Promise<StepSnapshot['backlog']> {
  const samples = await Promise.all(queues.types.map(async (type) => [type, await queues.sample(type)] as const));
  return Object.fromEntries(samples.flatMap(([type, sample]) => (sample ? [[type, sample.backlog]] : [])));
}

export function createReadLanes({ client }: { client: Client }) {
  return async function readLanesOfStep(): Promise<LaneRecords> {
    const { workflowId } = Context.current().info.workflowExecution!;
    return await readLanes(client.connection as Connection, client.options.namespace, workflowId);
  };
}

export function createReadHosts({ client }: { client: Client }) {
  return async function readHosts(hostsWorkflow: string): Promise<HostReport[]> {
    return await pendingHeartbeats<HostReport>(
      client.connection as never,
      client.options.namespace,
      hostsWorkflow,
      'hostWorkflows',
    );
  };
}

export function createAwaitHostsEnded({ client }: { client: Client }) {
  return async function awaitHostsEnded(hostsWorkflow: string): Promise<void> {
    try {
      await Promise.race([client.workflow.getHandle(hostsWorkflow).result(), Context.current().cancelled]);
    } catch (err) {
      if (!(err instanceof WorkflowFailedError)) throw err;
      throw ApplicationFailure.nonRetryable(err.cause?.message ?? err.message, 'HostsFailed');
    }
  };
}
