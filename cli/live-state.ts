import { mergeLedgers, startedWorkflows, type Ledger } from '../measurement/account/ledger';
import { rateAt } from '../measurement/load/profile';
import type { StepSnapshot } from '../orchestrator/activity-types';
import type { Progress } from '../orchestrator/messages';
import { latencyOfLatest } from '../orchestrator/snapshots';
import type { LiveState, LoadState, Moment } from './live-frame';
import { describeSearch } from './search-view';

/** The moments that the charts can show, at most. */
const MAX_MOMENTS = 500;

/** Computes what is shown of a run in progress from what is read about it. Keeps what the charts show. */
export class LiveStates {
  private readonly history: Moment[] = [];
  private lastRate = 0;
  private previous?: { atMs: number; acknowledged: number };

  /**
   * @param progress the last answer of the run; undefined before the first one
   * @param steps the steps whose lanes send heartbeats
   * @param silentMs how long the run has not answered, milliseconds; undefined if it answers
   */
  next(
    progress: Progress | undefined,
    steps: readonly { readonly snapshot: StepSnapshot }[],
    silentMs: number | undefined,
  ): LiveState {
    const { phase = 'starting', runId = '', notes = [] } = progress ?? {};
    const snapshots = steps.map(({ snapshot }) => snapshot);
    const load = progress && phase === 'load' ? this.loadState(progress, snapshots) : undefined;
    return { runId, phase, notes, ...(load ? { load } : {}), ...(silentMs === undefined ? {} : { silentMs }) };
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
