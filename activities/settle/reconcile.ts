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
  ServerCounts,
} from '../../orchestrator/activity-types';
import { NAMESPACE_GONE } from '../../orchestrator/benchmark-types';
import { stepIdPrefix } from '../../orchestrator/names';
import { START_DEADLINE_MS } from '../../orchestrator/plan';
import type { TargetConnections } from '../../temporal/target-connections';
import { grpcCode } from '../../temporal/grpc-errors';
import { countByStatus, countCompletedBetween } from '../../temporal/target-counts';
import { explainDisagreement } from './disagreement';
import { WorkflowLookup } from './workflow-lookup';
import { RateLimiter } from './rate-limiter';
import { PendingMessages } from './pending-messages';
import { canSettleById, foundIn, settleByCount, settleById, type SettledStep } from './settle-step';

/** How long visibility may take to list all acknowledged workflows. */
const VISIBILITY_TIMEOUT_MS = 60_000;
/** The server may commit a start up to this long after the start's deadline (I3c). */
const LATE_COMMIT_MS = 10_000;

export function createReconcile({ targets }: { targets: TargetConnections }) {
  /** Settles the provisional arrivals and compares the ledger with the server's counts, step by step. */
  return async function reconcile(input: ReconcileInput): Promise<Reconciliation> {
    try {
      return await settleAll(await targets.get(input.run), input);
    } catch (err) {
      const { namespace } = input.run;
      if (grpcCode(err) !== status.NOT_FOUND) throw err;
      throw ApplicationFailure.nonRetryable(`the namespace ${namespace} was deleted during the run`, NAMESPACE_GONE);
    }
  };
}

async function settleAll(connection: Connection, input: ReconcileInput): Promise<Reconciliation> {
  const { run, steps } = input;
  await waitForLateCommits(steps);
  const provisional = steps.reduce((sum, { measurement }) => sum + provisionalIn(measurement.ledger), 0);
  const byId = provisional > 0 && canSettleById(steps);
  const lookup = new WorkflowLookup(connection, run);
  const settled: SettledStep[] = [];
  if (byId) for (const step of steps) settled.push(await settleById(lookup, run, step));

  const limiter = new RateLimiter();
  const startedAt = Date.now();
  const counts = await agreedCounts(connection, input, settled, limiter);
  const visibilityWaitMs = Date.now() - startedAt;

  const settlements = steps.map((step, i) => settled[i]?.settlement ?? settleByCount(step, counts[i]!));
  const disagreements: Disagreement[] = [];
  const open: string[] = [];
  for (const [i, step] of steps.entries()) {
    const started = startedWorkflows(step.measurement.ledger) + foundIn(settlements[i]!);
    if (started === counts[i]!.total) continue;
    const difference = await explainDisagreement(connection, run, step, settled[i]?.missing ?? new Set(), limiter);
    disagreements.push(difference);
    open.push(describeDisagreement(difference, started, counts[i]!.total));
  }
  const completedInWindow: [number, number][] = [];
  for (const window of input.countWindows) {
    await limiter.next();
    const count = await countCompletedBetween(connection, run, window);
    const same = completedInWindow.find(([stepIndex]) => stepIndex === window.stepIndex);
    if (same) same[1] += count;
    else completedInWindow.push([window.stepIndex, count]);
  }
  return {
    steps: steps.map((step, i) => ({
      name: step.name,
      attempt: step.attempt,
      settlement: settlements[i]!,
      server: counts[i]!,
    })),
    completedInWindow,
    settledBy: provisional === 0 ? 'nothing to settle' : byId ? 'describing each id' : 'count',
    visibilityWaitMs,
    open,
    disagreements,
  };
}

/** Waits until the server can no longer commit a start that it has not answered: only then is a missing id final. */
async function waitForLateCommits(steps: readonly CountedStep[]): Promise<void> {
  const undecided = steps.filter(({ measurement: { ledger } }) => total(ledger.unknown) + ledger.inDoubt > 0);
  const decidedAtMs = Math.max(0, ...undecided.map((step) => step.endedAtMs + START_DEADLINE_MS + LATE_COMMIT_MS));
  const waitMs = decidedAtMs - Date.now();
  if (waitMs > 0) await sleep(waitMs);
}

/**
 * Returns the server's counts per step. Waits per step until the server lists every workflow that is known to exist and
 * none of them is open, or until the time limits of both have passed. Makes at most one visibility call per second.
 */
async function agreedCounts(
  connection: Connection,
  input: ReconcileInput,
  settled: readonly SettledStep[],
  limiter: RateLimiter,
): Promise<ServerCounts[]> {
  const { run, steps, visibilityTimeoutMs = VISIBILITY_TIMEOUT_MS } = input;
  const startedAt = Date.now();
  const pendingMessages = new PendingMessages(connection, input, limiter);
  const counts: ServerCounts[] = [];
  for (const [i, step] of steps.entries()) {
    const prefix = stepIdPrefix({ runId: run.runId, step: step.name, attempt: step.attempt });
    for (;;) {
      await limiter.next();
      const count = (counts[i] = await countByStatus(connection, run.namespace, prefix));
      const waitedMs = Date.now() - startedAt;
      const listed = count.total >= knownWorkflows(step, settled[i]?.settlement) || waitedMs > visibilityTimeoutMs;
      const closed = count.open === 0 || waitedMs > input.completionTimeoutMs;
      if (listed && closed) break;
      if (count.open > 0) await pendingMessages.sendAll(step, startedAt + input.completionTimeoutMs);
    }
  }
  return counts;
}

/** Returns how many workflows of a step are known to exist. */
function knownWorkflows({ measurement: { ledger } }: CountedStep, settlement: Settlement | undefined): number {
  return startedWorkflows(ledger) + (settlement ? foundIn(settlement) : 0);
}

function describeDisagreement(difference: Disagreement, started: number, listed: number): string {
  const { step, attempt, onlyInAccount, onlyOnServer } = difference;
  const list = (ids: readonly string[]) => (ids.length === 0 ? 'no ids known' : ids.slice(0, 3).join(', '));
  return `step ${step} attempt ${attempt}: the ledger has ${started} workflows, the server lists ${listed}; only in the ledger: ${list(onlyInAccount.ids)}; only on the server: ${list(onlyOnServer.ids)}`;
}
