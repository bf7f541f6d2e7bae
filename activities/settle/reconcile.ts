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
import type { TargetConnections } from '../../temporal/connections';
import { grpcCode } from '../../temporal/grpc-errors';
import { countByStatus, countCompletedBetween } from '../../temporal/target-counts';
import { explain } from './disagreement';
import { WorkflowLookup } from './workflow-lookup';
import { Pace } from './pace';
import { PendingMessages } from './pending-messages';
import { canNameAll, foundIn, settleByCount, settleByName, type SettledStep } from './settle-step';

/** How long visibility may take to agree with what was acknowledged. */
const VISIBILITY_MS = 60_000;
/** An error may still be followed by its write for this long after the deadline (I3c). */
const LATE_COMMIT_MS = 10_000;

export function createReconcile({ targets }: { targets: TargetConnections }) {
  /** Settles what is provisional and compares the account with the server's own, step by step. */
  return async function reconcile(input: ReconcileInput): Promise<Reconciliation> {
    try {
      return await settleAll(await targets.get(input.run.targetProfile), input);
    } catch (err) {
      const { namespace } = input.run;
      if (grpcCode(err) !== status.NOT_FOUND) throw err;
      throw ApplicationFailure.nonRetryable(
        `the namespace ${namespace} was deleted while the run went on`,
        NAMESPACE_GONE,
      );
    }
  };
}

async function settleAll(connection: Connection, input: ReconcileInput): Promise<Reconciliation> {
  const { run, steps } = input;
  await untilDecided(steps);
  const provisional = steps.reduce((sum, { measurement }) => sum + provisionalIn(measurement.ledger), 0);
  const byName = provisional > 0 && canNameAll(steps);
  const existence = new WorkflowLookup(connection, run);
  const settled: SettledStep[] = [];
  if (byName) for (const step of steps) settled.push(await settleByName(existence, run, step));

  const pace = new Pace();
  const startedAt = Date.now();
  const counts = await agreedCounts(connection, input, settled, pace);
  const visibilityWaitMs = Date.now() - startedAt;

  const settlements = steps.map((step, i) => settled[i]?.settlement ?? settleByCount(step, counts[i]!));
  const disagreements: Disagreement[] = [];
  const open: string[] = [];
  for (const [i, step] of steps.entries()) {
    const have = startedWorkflows(step.measurement.ledger) + foundIn(settlements[i]!);
    if (have === counts[i]!.total) continue;
    const differs = await explain(connection, run, step, settled[i]?.absent ?? new Set(), pace);
    disagreements.push(differs);
    open.push(describeDisagreement(differs, have, counts[i]!.total));
  }
  const completedInWindow: [number, number][] = [];
  for (const window of input.countWindows) {
    await pace.next();
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
    settledBy: provisional === 0 ? 'nothing to settle' : byName ? 'describing each id' : 'count',
    visibilityWaitMs,
    open,
    disagreements,
  };
}

/** Absence counts only once nothing that was sent can still be committed. */
async function untilDecided(steps: readonly CountedStep[]): Promise<void> {
  const undecided = steps.filter(({ measurement: { ledger } }) => total(ledger.unknown) + ledger.inDoubt > 0);
  const decidedAtMs = Math.max(0, ...undecided.map((step) => step.endedAtMs + START_DEADLINE_MS + LATE_COMMIT_MS));
  const waitMs = decidedAtMs - Date.now();
  if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
}

/**
 * Waits, step by step, until the server lists what is known to exist and nothing is open any more, or the time for
 * either is over. One visibility call a second at the most, however many steps there are.
 */
async function agreedCounts(
  connection: Connection,
  input: ReconcileInput,
  settled: readonly SettledStep[],
  pace: Pace,
): Promise<ServerCounts[]> {
  const { run, steps } = input;
  const startedAt = Date.now();
  const unspoken = new PendingMessages(connection, input, pace);
  const counts: ServerCounts[] = [];
  for (const [i, step] of steps.entries()) {
    const prefix = stepIdPrefix({ runId: run.runId, step: step.name, attempt: step.attempt });
    for (;;) {
      await pace.next();
      const count = (counts[i] = await countByStatus(connection, run.namespace, prefix));
      const waitedMs = Date.now() - startedAt;
      const listed = count.total >= expected(step, settled[i]?.settlement) || waitedMs > VISIBILITY_MS;
      const closed = count.open === 0 || waitedMs > input.completionTimeoutMs;
      if (listed && closed) break;
      if (count.open > 0) await unspoken.sendAll(step, startedAt + input.completionTimeoutMs);
    }
  }
  return counts;
}

function expected({ measurement: { ledger } }: CountedStep, found: Settlement | undefined): number {
  return startedWorkflows(ledger) + (found ? foundIn(found) : 0);
}

function describeDisagreement(differs: Disagreement, have: number, listed: number): string {
  const { step, attempt, onlyInAccount, onlyOnServer } = differs;
  const name = (ids: readonly string[]) => (ids.length === 0 ? 'none named' : ids.slice(0, 3).join(', '));
  return `step ${step} attempt ${attempt}: the account has ${have} workflows, the server lists ${listed}; only in the account: ${name(onlyInAccount.ids)}; only on the server: ${name(onlyOnServer.ids)}`;
}
