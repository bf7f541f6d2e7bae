import { setTimeout as sleep } from 'node:timers/promises';
import type { Client, Connection } from '@temporalio/client';
import { snapshotStep } from '../activities/observe/lane-heartbeats';
import { mergeLedgers, startedWorkflows, unaccounted } from '../measurement/account/ledger';
import { rateAt } from '../measurement/load/profile';
import type { StepSnapshot } from '../orchestrator/activity-types';
import { progressQuery, type Progress } from '../orchestrator/messages';

const REFRESH_MS = 1000;
/** The server buffers one query per workflow (`history.MaxBufferedQueryCount`); at this interval, queries do not overlap. */
const QUERY_MS = 2000;
/** Interval of the lines if the output is not a terminal. */
const LINE_MS = 5000;

/** Shows the progress of a run on stderr: in place in a terminal, otherwise as a line every few seconds. */
export class LiveView {
  private progress?: Progress;
  private lastLineAt = 0;
  private lastPhase = '';
  private readonly stopping = new AbortController();
  private lastRate = 0;
  private previous?: { atMs: number; acknowledged: number };

  constructor(
    private readonly client: Client,
    private readonly workflowId: string,
    private readonly out: NodeJS.WriteStream = process.stderr,
  ) {}

  async run(): Promise<void> {
    const { signal } = this.stopping;
    let queriedAt = 0;
    while (!signal.aborted) {
      if (Date.now() - queriedAt >= QUERY_MS) {
        queriedAt = Date.now();
        this.progress = await this.client.workflow
          .getHandle(this.workflowId)
          .query(progressQuery)
          .catch(() => this.progress);
      }
      const snapshots = await this.snapshots().catch(() => []);
      if (!signal.aborted) this.show(snapshots);
      await sleep(REFRESH_MS, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  stop(): void {
    this.stopping.abort();
    if (this.out.isTTY) this.out.write('\r\x1b[K');
  }

  /** Returns the lanes' heartbeats, at most one second old. The progress of the run itself is older. */
  private async snapshots(): Promise<StepSnapshot[]> {
    const connection = this.client.connection as Connection;
    const { namespace } = this.client.options;
    const { pendingChildren } = await connection.workflowService.describeWorkflowExecution({
      namespace,
      execution: { workflowId: this.workflowId },
    });
    const steps = pendingChildren
      .filter((child) => child.workflowTypeName === 'LoadStep')
      .map((child) => child.workflowId!);
    const all = await Promise.all(
      steps.map((step, i) => snapshotStep(connection, namespace, step, i).catch(() => undefined)),
    );
    return all.filter((one): one is StepSnapshot => one !== undefined && one.ledger.scheduled > 0);
  }

  private show(snapshots: readonly StepSnapshot[]): void {
    const progress = this.progress;
    const phase = progress?.phase ?? 'starting';
    const text = phase === 'load' && progress ? this.loadLine(progress, snapshots) : phase;
    if (this.out.isTTY) this.out.write(`\r\x1b[K${text.slice(0, (this.out.columns || 100) - 1)}`);
    else if (phase !== this.lastPhase || Date.now() - this.lastLineAt >= LINE_MS) {
      this.lastLineAt = Date.now();
      this.out.write(`${text}\n`);
    }
    this.lastPhase = phase;
  }

  private loadLine(progress: Progress, snapshots: readonly StepSnapshot[]): string {
    const { loadDurationMs, loadStartMs, timeline } = progress;
    const nowMs = Date.now();
    const elapsedMs = Math.min(loadDurationMs, Math.max(0, nowMs - loadStartMs));
    const step = [...timeline].reverse().find(({ startAtMs }) => startAtMs <= nowMs) ?? timeline[0];
    const targetRate = step && nowMs >= step.startAtMs ? rateAt(step, nowMs - step.startAtMs) : 0;
    const ledger = mergeLedgers(snapshots.map((one) => one.ledger));
    const latest = snapshots.at(-1);
    const latency =
      latest && latest.completed > 0
        ? `p50 ${latest.latencyP50Ms.toFixed(0)} p99 ${latest.latencyP99Ms.toFixed(0)} ms`
        : 'no completions yet';
    return [
      `${bar(elapsedMs / loadDurationMs)} ${step ? `${step.kind} ${step.number}/${progress.step?.steps ?? step.number}` : ''}`,
      `${this.rate(nowMs, startedWorkflows(ledger)).toFixed(0)} of ${targetRate.toFixed(0)}/s`,
      latency,
      `in flight ${unaccounted(ledger)}`,
      `errors ${progress.errors}`,
      `${Math.ceil((loadDurationMs - elapsedMs) / 1000)} s left`,
    ].join('  ');
  }

  /**
   * Returns the acknowledged starts per second since the previous call. The count falls when a step ends, because its
   * lanes are no longer part of it; then this returns the previous rate.
   */
  private rate(atMs: number, acknowledged: number): number {
    const previous = this.previous;
    this.previous = { atMs, acknowledged };
    if (!previous || acknowledged < previous.acknowledged) return this.lastRate;
    return (this.lastRate = ((acknowledged - previous.acknowledged) * 1000) / (atMs - previous.atMs));
  }
}

function bar(share: number, width = 20): string {
  const full = Math.round(Math.min(1, share) * width);
  return `[${'█'.repeat(full)}${'·'.repeat(width - full)}]`;
}
