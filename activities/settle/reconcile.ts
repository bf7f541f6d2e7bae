import { setTimeout as sleep } from 'node:timers/promises';
import type { Connection } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { status } from '@grpc/grpc-js';
import { startedWorkflows, total, type Settlement } from '../../measurement/account/ledger';
import { provisionalIn } from '../../measurement/account/lane';
import type {
  CountedStep,
  Disagreement,
  Reconciliation,
  ReconcileInput,
  RunRef,
  ServerCounts,
} from '../../orchestrator/activity-types';
import { NAMESPACE_GONE } from '../../orchestrator/benchmark-types';
import { stepIdPrefix } from '../../orchestrator/names';
import { START_DEADLINE_MS } from '../../orchestrator/plan';
import type { Clock } from '../control-clock';
import type { TargetConnections } from '../../temporal/target-connections';
import { describeGrpcError, grpcCode, mayPass } from '../../temporal/grpc-errors';
import { withRetries } from '../../temporal/retry';
import { countByStatus, countCompletedBetween } from '../../temporal/target-counts';
import { compareIds, sampleOf } from './disagreement';
import { addUnlisted, describeOpen } from './visibility-lag';
import { WorkflowLookup } from './workflow-lookup';
import { RateLimiter } from './rate-limiter';
import { PendingMessages } from './pending-messages';
import { canSettleById, foundIn, settleByCount, settleById, type SettledStep } from './settle-step';

/** How long visibility may take to list all acknowledged workflows. */
const VISIBILITY_TIMEOUT_MS = 60_000;
/** The pause between two looks at the counts of a step doubles from the first to the longest. Milliseconds. */
const FIRST_PAUSE_MS = 125;
const LONGEST_PAUSE_MS = 1000;
/** How long a server may be too busy to count. */
const BUSY_MS = 120_000;
/** The server may commit a start up to this long after the start's deadline (I3c). */
const LATE_COMMIT_MS = 10_000;

export interface ReconcileDeps {
  readonly targets: TargetConnections;
  /** Returns the control server's clock, on which steps end. */
  readonly clock: () => Promise<Clock>;
}

export function createReconcile({ targets, clock }: ReconcileDeps) {
  /** Settles the provisional arrivals and compares the ledger with the server's counts, step by step. */
  return async function reconcile(input: ReconcileInput): Promise<Reconciliation> {
    try {
      return await settleAll(await targets.get(input.run), input, clock);
    } catch (err) {
      const { namespace } = input.run;
      if (grpcCode(err) !== status.NOT_FOUND) throw err;
      throw ApplicationFailure.nonRetryable(`the namespace ${namespace} was deleted during the run`, NAMESPACE_GONE);
    }
  };
}

async function settleAll(
  connection: Connection,
  input: ReconcileInput,
  clock: ReconcileDeps['clock'],
): Promise<Reconciliation> {
  const { run, steps } = input;
  await waitForLateCommits(steps, clock);
  const provisional = steps.reduce((sum, { measurement }) => sum + provisionalIn(measurement.ledger), 0);
  const byId = provisional > 0 && canSettleById(steps);
  const lookup = new WorkflowLookup(connection, run);
  const settled: SettledStep[] = [];
  if (byId) for (const step of steps) settled.push(await settleById(lookup, run, step));

  const limiter = new RateLimiter();
  const { counts, visibilityWaitMs } = await agreedCounts(connection, input, settled, limiter);

  const confirmed: Confirmed[] = [];
  for (const [i, step] of steps.entries()) {
    const settlement = settled[i]?.settlement ?? settleByCount(step, counts[i]!);
    confirmed.push(await confirm({ connection, run, lookup, limiter }, step, settled[i], settlement, counts[i]!));
  }
  const unlisted = confirmed.reduce((sum, one) => sum + one.unlisted, 0);
  const completedInWindow: [number, number][] = [];
  // Windows are counted by visibility, too.
  for (const window of unlisted > 0 ? [] : input.countWindows) {
    await limiter.next();
    const count = await untilAnswered(input, () => countCompletedBetween(connection, run, window));
    const same = completedInWindow.find(([stepIndex]) => stepIndex === window.stepIndex);
    if (same) same[1] += count;
    else completedInWindow.push([window.stepIndex, count]);
  }
  return {
    steps: steps.map((step, i) => ({
      name: step.name,
      attempt: step.attempt,
      settlement: confirmed[i]!.settlement,
      server: confirmed[i]!.server,
    })),
    completedInWindow,
    settledBy: provisional === 0 ? 'nothing to settle' : byId ? 'describing each id' : 'count',
    visibilityWaitMs: Math.round(visibilityWaitMs),
    ...(unlisted > 0 ? { unlisted } : {}),
    open: confirmed.flatMap(({ problem }) => (problem === undefined ? [] : [problem])),
    disagreements: confirmed.flatMap(({ disagreement }) => (disagreement === undefined ? [] : [disagreement])),
  };
}

/** One step after its account has been compared with the server. */
interface Confirmed {
  readonly settlement: Settlement;
  readonly server: ServerCounts;
  /** Workflows that visibility does not list, and that were found by their ids. */
  readonly unlisted: number;
  readonly disagreement?: Disagreement;
  readonly problem?: string;
}

interface ConfirmDeps {
  readonly connection: Connection;
  readonly run: RunRef;
  readonly lookup: WorkflowLookup;
  readonly limiter: RateLimiter;
}

/** Compares the account of a step with the server's counts. If they differ, describes the workflows that are not listed. */
async function confirm(
  { connection, run, lookup, limiter }: ConfirmDeps,
  step: CountedStep,
  settled: SettledStep | undefined,
  settlement: Settlement,
  listed: ServerCounts,
): Promise<Confirmed> {
  const started = startedWorkflows(step.measurement.ledger) + foundIn(settlement);
  const describeRest = (counts: ServerCounts, lags: boolean) =>
    describeOpen(connection, run, lookup, step, counts, lags, limiter);
  if (started === listed.total) return { settlement, server: await describeRest(listed, false), unlisted: 0 };
  const difference = await compareIds(connection, run, step, settled?.missing ?? new Set(), limiter);
  const isShort = listed.total < started;
  const { counts, found, lag } = isShort
    ? await addUnlisted(lookup, listed, difference)
    : { counts: listed, found: new Set<string>(), lag: undefined };
  const server = await describeRest(counts, found.size > 0);
  const common = { settlement, server, unlisted: found.size };
  if (started === counts.total) return common;
  const disagreement = sampleOf(step, difference, found);
  return { ...common, disagreement, problem: describeDisagreement(disagreement, started, counts.total, lag) };
}

/** Waits until the server can no longer commit a start that it has not answered: only then is a missing id final. */
async function waitForLateCommits(steps: readonly CountedStep[], clock: ReconcileDeps['clock']): Promise<void> {
  const undecided = steps.filter(({ measurement: { ledger } }) => total(ledger.unknown) + ledger.inDoubt > 0);
  if (undecided.length === 0) return;
  const now = await clock();
  const decidedAtMs = Math.max(...undecided.map((step) => step.endedAtMs + START_DEADLINE_MS + LATE_COMMIT_MS));
  const waitMs = decidedAtMs - now();
  if (waitMs > 0) await sleep(waitMs);
}

/**
 * Returns the server's counts per step, and how long visibility lagged behind. Waits per step until the server lists
 * every workflow that is known to exist and none of them is open, or until the time limits of both have passed.
 */
async function agreedCounts(
  connection: Connection,
  input: ReconcileInput,
  settled: readonly SettledStep[],
  limiter: RateLimiter,
): Promise<{ readonly counts: ServerCounts[]; readonly visibilityWaitMs: number }> {
  const { run, steps, visibilityTimeoutMs = VISIBILITY_TIMEOUT_MS } = input;
  const startedAt = performance.now();
  const pendingMessages = new PendingMessages(connection, input, limiter);
  const counts: ServerCounts[] = [];
  let visibilityWaitMs = 0;
  for (const [i, step] of steps.entries()) {
    let firstLookAt: number | undefined;
    let isListed = false;
    const prefix = stepIdPrefix({ runId: run.runId, step: step.name, attempt: step.attempt });
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs *= 2) {
      await limiter.next();
      const count = (counts[i] = await untilAnswered(input, () => countByStatus(connection, run.namespace, prefix)));
      const now = performance.now();
      firstLookAt ??= now;
      // The wait for workflows that are still open is not one for visibility.
      const lagMs = visibilityWaitMs + now - firstLookAt;
      if (!isListed && (count.total >= knownWorkflows(step, settled[i]?.settlement) || lagMs > visibilityTimeoutMs)) {
        isListed = true;
        visibilityWaitMs = lagMs;
      }
      const closed = count.open === 0 || now - startedAt > input.completionTimeoutMs;
      if (isListed && closed) break;
      if (count.open > 0) await pendingMessages.sendAll(step, startedAt + input.completionTimeoutMs);
      await sleep(Math.min(pauseMs, LONGEST_PAUSE_MS));
    }
  }
  return { counts, visibilityWaitMs };
}

/** Counts again while the server is busy: after an overload, its backlog may take minutes. An aborted run waits less. */
async function untilAnswered<T>({ visibilityTimeoutMs }: ReconcileInput, count: () => Promise<T>): Promise<T> {
  const giveUpAt = performance.now() + (visibilityTimeoutMs ?? BUSY_MS);
  try {
    return await withRetries(count, {
      shouldRetry: (err) => mayPass(err) && performance.now() < giveUpAt,
      delayMs: () => LONGEST_PAUSE_MS,
    });
  } catch (err) {
    if (!mayPass(err)) throw err;
    // It has been asked often enough, so the activity is not repeated.
    const message = `the server was too busy to count the workflows: ${describeGrpcError(err)}`;
    throw ApplicationFailure.nonRetryable(message, 'ServerBusy');
  }
}

/** Returns how many workflows of a step are known to exist. */
function knownWorkflows({ measurement: { ledger } }: CountedStep, settlement: Settlement | undefined): number {
  return startedWorkflows(ledger) + (settlement ? foundIn(settlement) : 0);
}

function describeDisagreement(difference: Disagreement, started: number, listed: number, lag?: string): string {
  const { step, attempt, onlyInAccount, onlyOnServer } = difference;
  const list = (ids: readonly string[]) => (ids.length === 0 ? 'no ids known' : ids.slice(0, 3).join(', '));
  return `step ${step} attempt ${attempt}: the ledger has ${started} workflows, the server lists ${listed}; only in the ledger: ${list(onlyInAccount.ids)}; only on the server: ${list(onlyOnServer.ids)}${lag === undefined ? '' : `; ${lag}`}`;
}
