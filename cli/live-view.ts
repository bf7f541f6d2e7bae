import { setTimeout as sleep } from 'node:timers/promises';
import type { Client, Connection } from '@temporalio/client';
import { LaneRecorder, snapshotStep } from '../activities/observe/lane-heartbeats';
import { mergeLedgers, startedWorkflows, type Ledger } from '../measurement/account/ledger';
import { rateAt } from '../measurement/load/profile';
import type { StepSnapshot } from '../orchestrator/activity-types';
import { progressQuery, type Progress } from '../orchestrator/messages';
import { latencyOfLatest } from '../orchestrator/snapshots';
import { frame, oneLine, type LiveState, type LoadState, type Moment, type Screen } from './live-frame';
import { describeSearch } from './search-view';

const REFRESH_MS = 1000;
/** The server buffers one query per workflow (`history.MaxBufferedQueryCount`); at this interval, queries do not overlap. */
const QUERY_MS = 2000;
/** Interval of the lines if the output is not a terminal. */
const LINE_MS = 5000;
/** The moments that the charts can show, at most. */
const MAX_MOMENTS = 500;

/** A terminal, or what stands in for one. */
export type Output = Pick<NodeJS.WriteStream, 'isTTY' | 'columns' | 'rows' | 'write'>;

/** Draws states: in place in a terminal, otherwise as a line every few seconds. */
export class LiveScreen {
  private drawnRows = 0;
  private drawnColumns = 0;
  private lastLineAt = 0;
  private lastPhase = '';

  constructor(
    private readonly out: Output,
    private readonly env: Readonly<Record<string, string | undefined>>,
  ) {}

  show(state: LiveState, nowMs: number): void {
    if (this.out.isTTY) this.draw(frame(state, this.screen));
    else if (state.phase !== this.lastPhase || nowMs - this.lastLineAt >= LINE_MS) {
      this.lastLineAt = nowMs;
      this.out.write(`${oneLine(state)}\n`);
    }
    this.lastPhase = state.phase;
  }

  /** Removes what was drawn, so that other output can follow. */
  clear(): void {
    if (!this.out.isTTY || this.drawnRows === 0) return;
    // After a change of the width, the terminal has wrapped the lines: only the whole screen is certain.
    if (this.screen.columns !== this.drawnColumns) this.out.write('\x1b[H\x1b[2J');
    else this.out.write(`\r${this.drawnRows > 1 ? `\x1b[${this.drawnRows - 1}A` : ''}\x1b[J`);
    this.drawnRows = 0;
  }

  private draw(lines: readonly string[]): void {
    this.clear();
    this.out.write(lines.join('\n'));
    this.drawnRows = lines.length;
    this.drawnColumns = this.screen.columns;
  }

  private get screen(): Screen {
    const { NO_COLOR: noColor, TERM: terminal } = this.env;
    return { columns: this.out.columns || 100, rows: this.out.rows || 24, color: !noColor && terminal !== 'dumb' };
  }
}

/** Shows the progress of a run on stderr: in place in a terminal, otherwise as a line every few seconds. */
export class LiveView {
  private progress?: Progress;
  private readonly screen: LiveScreen;
  private readonly history: Moment[] = [];
  /** By the workflow ID of the step. */
  private readonly recorders = new Map<string, LaneRecorder>();
  private readonly stopping = new AbortController();
  private lastRate = 0;
  private previous?: { atMs: number; acknowledged: number };

  constructor(
    private readonly client: Client,
    private readonly workflowId: string,
    out: Output = process.stderr,
  ) {
    this.screen = new LiveScreen(out, process.env);
  }

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
    this.screen.clear();
  }

  /** Writes a message that stays above the view. */
  note(message: string): void {
    this.screen.clear();
    process.stderr.write(`${message}\n`);
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
      steps.map((step, i) => snapshotStep(connection, namespace, step, i, this.lanesOf(step)).catch(() => undefined)),
    );
    return all.filter((one): one is StepSnapshot => one !== undefined && one.ledger.scheduled > 0);
  }

  private lanesOf(step: string): LaneRecorder {
    const lanes = this.recorders.get(step) ?? new LaneRecorder();
    this.recorders.set(step, lanes);
    return lanes;
  }

  private show(snapshots: readonly StepSnapshot[]): void {
    const { phase = 'starting', runId = '', notes = [] } = this.progress ?? {};
    const load = phase === 'load' ? this.loadState(this.progress!, snapshots) : undefined;
    this.screen.show({ runId, phase, notes, ...(load ? { load } : {}) }, Date.now());
  }

  private loadState(progress: Progress, snapshots: readonly StepSnapshot[]): LoadState {
    const { loadStartMs, timeline, backlog, search } = progress;
    const nowMs = Date.now();
    // The length of a search is an estimate, which changes with each trial.
    const durationMs = search ? nowMs - loadStartMs + search.secondsLeft * 1000 : progress.loadDurationMs;
    const step = [...timeline].reverse().find(({ startAtMs }) => startAtMs <= nowMs) ?? timeline[0];
    const targetRate = step && nowMs >= step.startAtMs ? rateAt(step, nowMs - step.startAtMs) : 0;
    const ledger = mergeLedgers(snapshots.map((one) => one.ledger));
    const ratePerSecond = this.rate(nowMs, startedWorkflows(ledger));
    // Right after its start, a step has no completions; those of the step before it are the latest.
    const latency = latencyOfLatest(snapshots) ?? progress.latency;
    this.history.push({ ratePerSecond, ...latency });
    if (this.history.length > MAX_MOMENTS) this.history.shift();
    return {
      elapsedMs: Math.min(durationMs, Math.max(0, nowMs - loadStartMs)),
      durationMs,
      step: search
        ? describeSearch(search)
        : step
          ? `${step.kind} ${step.number}/${progress.step?.steps ?? step.number}`
          : '',
      targetRate,
      inFlight: snapshots.reduce((sum, { inFlight }) => sum + inFlight, 0),
      ...(backlog ? { backlog } : {}),
      errors: errorsOf(progress.ledger),
      history: this.history,
    };
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

function errorsOf({ rejected, skipped, unknown }: Ledger): Record<string, number> {
  return { ...rejected, ...unknown, ...skipped };
}
