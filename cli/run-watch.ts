import { setTimeout as sleep } from 'node:timers/promises';
import type { Client, Connection } from '@temporalio/client';
import { LaneRecorder, lanesOf, snapshotOf } from '../activities/observe/lane-heartbeats';
import type { LaneCheckpoint, StepSnapshot } from '../orchestrator/activity-types';
import { interimResultQuery, progressQuery, type Progress, type ProgressStep } from '../orchestrator/messages';
import { stepWorkflowId } from '../orchestrator/names';
import type { BenchmarkResult } from '../report/result-schema';
import type { LiveState } from './live-frame';
import { LiveStates } from './live-state';
import { Poll } from './poll';

const REFRESH_MS = 1000;
/** The server buffers one query per workflow (`history.MaxBufferedQueryCount`); at this interval, queries do not overlap. */
const QUERY_MS = 2000;
/** Without an answer for this long, the run's workflow has no worker. */
const SILENT_MS = 8000;

/** A step whose lanes send heartbeats. */
export interface LiveStep {
  /** Its place on the timeline; undefined before the first progress that contains it. */
  readonly planned?: ProgressStep;
  readonly lanes: readonly LaneCheckpoint[];
  readonly snapshot: StepSnapshot;
}

/** What is known about a run in progress. */
export interface RunUpdate {
  readonly state: LiveState;
  readonly progress?: Progress;
  readonly steps: readonly LiveStep[];
  /** The result of the steps that have ended; only if somebody asked for it, and if the run's version has it. */
  readonly interim?: BenchmarkResult;
}

/**
 * Reads the progress of a run, once for all that show it. The lanes' heartbeats are at most one second old, the progress of
 * the run itself two, and the result of its ended steps is read when a step has ended.
 */
export class RunWatch {
  /** Whether to read the result of the ended steps, too, at this time. */
  wantsInterim: () => boolean = () => false;
  private readonly listeners = new Set<(update: RunUpdate) => void>();
  private readonly stopping = new AbortController();
  /** By the workflow ID of the step. */
  private readonly recorders = new Map<string, LaneRecorder>();
  private readonly states = new LiveStates();
  private readonly progress: Poll<Progress>;
  private readonly interim: Poll<BenchmarkResult>;
  private readonly steps: Poll<readonly LiveStep[]>;
  private interimOf?: string;

  constructor(
    private readonly client: Client,
    private readonly workflowId: string,
  ) {
    const handle = client.workflow.getHandle(workflowId);
    this.progress = new Poll(() => handle.query(progressQuery));
    this.interim = new Poll(() => handle.query(interimResultQuery));
    this.steps = new Poll(() => this.readSteps());
  }

  /** Calls the listener once per second, until the watch is stopped. */
  subscribe(listener: (update: RunUpdate) => void): void {
    this.listeners.add(listener);
  }

  async run(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      // A control server that does not answer delays what is shown by a second at most.
      await Promise.race([Promise.all([this.progress.refresh(QUERY_MS), this.steps.refresh(0)]), pause(signal)]);
      if (this.wantsInterim()) void this.refreshInterim();
      if (!signal.aborted) this.publish();
      await pause(signal);
    }
  }

  stop(): void {
    this.stopping.abort();
  }

  private publish(): void {
    const progress = this.progress.value;
    const steps = this.steps.value ?? [];
    const silentMs = this.progress.silentMs;
    const state = this.states.next(progress, steps, silentMs > SILENT_MS ? silentMs : undefined);
    const update = { state, progress, steps, interim: this.interim.value };
    for (const listener of this.listeners) listener(update);
  }

  /** Reads the interim result if the run has come further since it was read. */
  private async refreshInterim(): Promise<void> {
    const { phase, stepsEnded = 0, notes = [], search } = this.progress.value ?? {};
    const place = [phase, stepsEnded, notes.length, search?.trials.length].join(' ');
    if (phase === undefined || place === this.interimOf) return;
    if (await this.interim.refresh(QUERY_MS)) this.interimOf = place;
  }

  private async readSteps(): Promise<LiveStep[]> {
    const connection = this.client.connection as Connection;
    const { namespace } = this.client.options;
    const { pendingChildren } = await connection.workflowService.describeWorkflowExecution({
      namespace,
      execution: { workflowId: this.workflowId },
    });
    const ids = pendingChildren
      .filter((child) => child.workflowTypeName === 'LoadStep')
      .map((child) => child.workflowId!);
    const all = await Promise.all(
      ids.map(async (id, i): Promise<LiveStep | undefined> => {
        const current = await lanesOf(connection, namespace, id).catch(() => undefined);
        const lanes = current && this.recorderOf(id).record(current);
        const snapshot = lanes && snapshotOf(lanes, i);
        return snapshot && { planned: this.plannedOf(id), lanes, snapshot };
      }),
    );
    return all.filter((one) => one !== undefined && one.snapshot.ledger.scheduled > 0) as LiveStep[];
  }

  private recorderOf(step: string): LaneRecorder {
    const lanes = this.recorders.get(step) ?? new LaneRecorder();
    this.recorders.set(step, lanes);
    return lanes;
  }

  private plannedOf(id: string): ProgressStep | undefined {
    return this.progress.value?.timeline.find(
      ({ name, number, attempt }) => id === stepWorkflowId(this.workflowId, name ?? String(number), attempt),
    );
  }
}

async function pause(signal: AbortSignal): Promise<void> {
  await sleep(REFRESH_MS, undefined, { signal, ref: false }).catch(() => undefined);
}
