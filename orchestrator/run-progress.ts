import { mergeLedgers, startedWorkflows, total, unaccounted, type Ledger } from '../measurement/account/ledger';
import { rateAt } from '../measurement/load/profile';
import type { BegunStep } from './carried';
import type { Progress, ProgressStep } from './messages';
import type { RunState } from './run-state';
import { latencyOfLatest, latencyOfSteps, type Snapshot } from './snapshots';

/**
 * Returns the progress of a run.
 *
 * @param live the last snapshot of each step that has not ended
 * @param begun the steps that have been started
 */
export function progressOf(state: RunState, live: readonly Snapshot[], begun: readonly BegunStep[]): Progress {
  const { run, phase, steps, planned, found, loadStartMs, loadDurationMs } = state;
  const latest = live.at(-1);
  const latency = latencyOfLatest(live) ?? latencyOfSteps(steps);
  const ledger = mergeLedgers([...steps.map((step) => step.settled), ...live.map((one) => one.ledger)]);
  const ended = steps.map(({ measurement }) => measurement.observation);
  const count = (counts: readonly number[]) => counts.reduce((sum, n) => sum + n, 0);
  const elapsedMs = loadStartMs === undefined ? 0 : Date.now() - loadStartMs;
  const loading = phase === 'load' ? stepAt(begun, Date.now()) : undefined;
  return {
    runId: run.runId,
    namespace: run.namespace,
    phase,
    ...(loading ? { step: describeStep(loading, planned.length) } : {}),
    targetRate: loading ? rateAt(loading.step, Date.now() - loading.startAtMs) : 0,
    achievedRate: loading ? (latest?.ratePerSecond ?? 0) : 0,
    scheduled: ledger.scheduled,
    sent: sentOf(ledger),
    acknowledged: startedWorkflows(ledger),
    completed: count([...ended, ...live].map((one) => one.completed)),
    failed: count([...ended.map((one) => total(one.failed)), ...live.map((one) => one.failed)]),
    ledger,
    errors: total(ledger.rejected) + total(ledger.skipped) + total(ledger.unknown) + ledger.inDoubt,
    ...(latency ? { latency } : {}),
    ...(latest?.backlog ? { backlog: latest.backlog } : {}),
    loadStartMs: loadStartMs ?? 0,
    timeline: begun.map(timelineStep),
    loadDurationMs,
    stepsEnded: steps.length,
    seriesWidthMs: state.plan.seriesWidthMs,
    etaMs: Math.max(0, loadDurationMs - elapsedMs),
    ...state.search?.etaAndProgress(),
    ...(found.abortReason === undefined ? {} : { aborted: found.abortReason }),
    notes: state.notes,
  };
}

/** Returns the step whose start time has passed last. A later step may have been started already. */
function stepAt(begun: readonly BegunStep[], nowMs: number): BegunStep | undefined {
  return begun.findLast(({ startAtMs }) => startAtMs <= nowMs) ?? begun[0];
}

function describeStep({ step: { index, kind, attempt } }: BegunStep, steps: number): Progress['step'] {
  return { number: index + 1, steps, kind, attempt };
}

function timelineStep({ step, startAtMs }: BegunStep): ProgressStep {
  const { index, name, kind, iteration, attempt, fromRate, toRate, startMs, durationMs } = step;
  return { number: index + 1, name, kind, iteration, attempt, fromRate, toRate, startMs, durationMs, startAtMs };
}

function sentOf(ledger: Ledger): number {
  return startedWorkflows(ledger) + total(ledger.rejected) + total(ledger.unknown) + unaccounted(ledger);
}
