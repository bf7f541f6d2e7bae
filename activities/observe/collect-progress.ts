import { Context } from '@temporalio/activity';
import { WorkflowFailedError, type Client, type Connection } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { AbortWatch } from '../../measurement/judging/abort';
import { mergeHistograms } from '../../measurement/account/histogram';
import { QUEUE_TYPES } from '../../measurement/server/target';
import type { CollectInput, HostReport, RunRef, StepSnapshot } from '../../orchestrator/activity-types';
import { breachSignal, snapshotSignal } from '../../orchestrator/messages';
import type { TargetConnections } from '../../temporal/connections';
import { lanesOf, pendingHeartbeats, snapshotOf } from './lane-heartbeats';
import { sampleQueue } from './task-queues';

const FIRST_MS = 4000;
/** Looks of one window of `abortOn`, at least. */
const LOOKS = 4;

export function createCollectProgress({ client, targets }: { client: Client; targets: TargetConnections }) {
  /**
   * Tells the run how a step's lanes fare, and at once if a limit is broken at which it is to end. Lanes never signal:
   * fifty of them would fill the run's history. One collector a step speaks for all.
   */
  return async function collectProgress(input: CollectInput): Promise<void> {
    const { reportTo, reportEveryMs, stepIndex, abortOn } = input;
    const context = Context.current();
    const stepWorkflowId = context.info.workflowExecution!.workflowId;
    const connection = client.connection as Connection;
    const run = client.workflow.getHandle(reportTo);
    const watch = abortOn && new AbortWatch(abortOn);
    const lookEveryMs = abortOn ? Math.min(reportEveryMs, abortOn.windowMs / LOOKS) : reportEveryMs;
    let reportAt = Date.now() + Math.min(FIRST_MS, reportEveryMs);
    for (;;) {
      await context.sleep(Math.max(0, Math.min(reportAt - Date.now(), lookEveryMs)));
      const lanes = await lanesOf(connection, client.options.namespace, stepWorkflowId).catch(() => []);
      const snapshot = snapshotOf(lanes, stepIndex);
      if (snapshot && Date.now() >= reportAt) {
        await run.signal(snapshotSignal, { ...snapshot, backlog: await backlogs(targets, input.run) });
        reportAt = Date.now() + reportEveryMs;
      }
      if (!watch || !snapshot || !lanes.some(({ phase }) => phase === 'sending')) continue;
      const latency = mergeHistograms(lanes.map(({ histograms }) => histograms.latency));
      const { ageMs: backlogAgeMs } =
        (abortOn?.backlogAgeMs && (await sampleQueue(targets, input.run, 'workflow'))) || {};
      const breach = watch.breach({ atMs: Date.now(), ledger: snapshot.ledger, latency, backlogAgeMs });
      if (breach === undefined) continue;
      await run.signal(breachSignal, breach);
      return;
    }
  };
}

/** How many tasks wait in each of the run's queues; what the server does not tell is left out. */
async function backlogs(targets: TargetConnections, run: RunRef): Promise<StepSnapshot['backlog']> {
  const looks = await Promise.all(
    QUEUE_TYPES.map(async (type) => [type, await sampleQueue(targets, run, type)] as const),
  );
  return Object.fromEntries(looks.flatMap(([type, look]) => (look ? [[type, look.backlog]] : [])));
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
