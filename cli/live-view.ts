import type { Client, Connection } from '@temporalio/client';
import { snapshotStep } from '../activities/observe/lane-heartbeats';
import { mergeLedgers, startedWorkflows, unaccounted } from '../measurement/account/ledger';
import { rateAt } from '../measurement/load/profile';
import type { StepSnapshot } from '../orchestrator/activity-types';
import { progressQuery, type Progress } from '../orchestrator/messages';

const REFRESH_MS = 1000;
/** `history.MaxBufferedQueryCount` is 1: queries two seconds apart never collide with themselves. */
const QUERY_MS = 2000;
/** Lines when the output is no terminal. */
const LINE_MS = 5000;

/** Shows a run while it goes on, on stderr: in place in a terminal, a line now and then otherwise. */
export class LiveView {
  private progress?: Progress;
  private lastLineAt = 0;
  private lastPhase = '';
  private stopped = false;
  /** Ends the pause between two looks; none is kept from one pause to the next. */
  private wake: () => void = () => undefined;
  private lastRate = 0;
  private before?: { atMs: number; acknowledged: number };

  constructor(
    private readonly client: Client,
    private readonly workflowId: string,
    private readonly out: NodeJS.WriteStream = process.stderr,
  ) {}

  async run(): Promise<void> {
    let queriedAt = 0;
    while (!this.stopped) {
      if (Date.now() - queriedAt >= QUERY_MS) {
        queriedAt = Date.now();
        this.progress = await this.client.workflow
          .getHandle(this.workflowId)
          .query(progressQuery)
          .catch(() => this.progress);
      }
      const live = await this.snapshots().catch(() => []);
      if (!this.stopped) this.show(live);
      if (!this.stopped) await this.pause();
    }
  }

  private async pause(): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, REFRESH_MS).unref();
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  stop(): void {
    this.stopped = true;
    this.wake();
    if (this.out.isTTY) this.out.write('\r\x1b[K');
  }

  /** The lanes' heartbeats, a second old at the most: finer than what the run itself is told. */
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

  private show(live: readonly StepSnapshot[]): void {
    const p = this.progress;
    const phase = p?.phase ?? 'starting';
    const text = phase === 'load' && p ? this.loadLine(p, live) : phase;
    if (this.out.isTTY) this.out.write(`\r\x1b[K${text.slice(0, (this.out.columns || 100) - 1)}`);
    else if (phase !== this.lastPhase || Date.now() - this.lastLineAt >= LINE_MS) {
      this.lastLineAt = Date.now();
      this.out.write(`${text}\n`);
    }
    this.lastPhase = phase;
  }

  private loadLine(p: Progress, live: readonly StepSnapshot[]): string {
    const nowMs = Date.now();
    const elapsed = Math.min(p.loadDurationMs, Math.max(0, nowMs - p.loadStartMs));
    const step = [...p.timeline].reverse().find(({ startAtMs }) => startAtMs <= nowMs) ?? p.timeline[0];
    const target = step && nowMs >= step.startAtMs ? rateAt(step, nowMs - step.startAtMs) : 0;
    const ledger = mergeLedgers(live.map((one) => one.ledger));
    const last = live.at(-1);
    const latency =
      last && last.completed > 0
        ? `p50 ${last.latencyP50Ms.toFixed(0)} p99 ${last.latencyP99Ms.toFixed(0)} ms`
        : 'no completion yet';
    return [
      `${bar(elapsed / p.loadDurationMs)} ${step ? `${step.kind} ${step.number}/${p.step?.steps ?? step.number}` : ''}`,
      `${this.rate(nowMs, startedWorkflows(ledger)).toFixed(0)} of ${target.toFixed(0)}/s`,
      latency,
      `in flight ${unaccounted(ledger)}`,
      `errors ${p.errors}`,
      `${Math.ceil((p.loadDurationMs - elapsed) / 1000)} s left`,
    ].join('  ');
  }

  /** Starts acknowledged per second since the last look; a step's end takes its lanes out of sight, so it may fall. */
  private rate(atMs: number, acknowledged: number): number {
    const before = this.before;
    this.before = { atMs, acknowledged };
    if (!before || acknowledged < before.acknowledged) return this.lastRate;
    return (this.lastRate = ((acknowledged - before.acknowledged) * 1000) / (atMs - before.atMs));
  }
}

function bar(share: number, width = 20): string {
  const full = Math.round(Math.min(1, share) * width);
  return `[${'█'.repeat(full)}${'·'.repeat(width - full)}]`;
}
