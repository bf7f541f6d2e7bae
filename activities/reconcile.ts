import { Context } from '@temporalio/activity';
import type { Connection } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { status } from '@grpc/grpc-js';
import { startedWorkflows, total, type Counts, type Settlement } from '../measurement/ledger';
import type { Provisional } from '../measurement/lane';
import { SequenceSet } from '../measurement/sequence-set';
import type { CountedStep, Reconciliation, ReconcileInput, RunRef, ServerCounts } from '../orchestrator/contract';
import { NAMESPACE_GONE } from '../orchestrator/benchmark-types';
import { arrivalIdPrefix, stepIdPrefix } from '../orchestrator/names';
import { START_DEADLINE_MS } from '../orchestrator/plan';
import type { TargetConnections } from './connections';
import { grpcCode } from './grpc-errors';
import { countByStatus, countCompletedBetween } from './target-counts';

/** Ids that are described one by one; beyond it the counts decide. */
const MAX_DESCRIBED = 5000;
const DESCRIBED_AT_ONCE = 20;
/** How long visibility may take to agree with what was acknowledged. */
const VISIBILITY_MS = 60_000;
/** Visibility APIs are limited to 10 a second and namespace, and others may need them too. */
const VISIBILITY_CALL_MS = 1000;
/** An error may still be followed by its write for this long after the deadline (I3c). */
const LATE_COMMIT_MS = 10_000;

export function createReconcile({ targets }: { targets: TargetConnections }) {
  /** Settles what is provisional and compares the account with the server's own, step by step. */
  return async function reconcile(input: ReconcileInput): Promise<Reconciliation> {
    const context = Context.current();
    const beat = setInterval(() => context.heartbeat(), 1000);
    try {
      return await settleAll(await targets.get(input.run.targetProfile), input);
    } catch (err) {
      const { namespace } = input.run;
      if (grpcCode(err) !== status.NOT_FOUND) throw err;
      throw ApplicationFailure.nonRetryable(
        `the namespace ${namespace} was deleted while the run went on`,
        NAMESPACE_GONE,
      );
    } finally {
      clearInterval(beat);
    }
  };
}

async function settleAll(connection: Connection, input: ReconcileInput): Promise<Reconciliation> {
  const { run, steps } = input;
  const provisional = steps.reduce((sum, step) => sum + provisionalOf(step), 0);
  await untilDecided(steps);
  const describe = provisional > 0 && provisional <= MAX_DESCRIBED && steps.every(isNamed);
  const described = describe ? await Promise.all(steps.map((step) => describeStep(connection, run, step))) : undefined;

  const startedAt = Date.now();
  const counts = await agreedCounts(connection, input, described);
  const visibilityWaitMs = Date.now() - startedAt;

  const settlements = steps.map((step, i) => described?.[i] ?? settleByCount(step, counts[i]!));
  const completedInWindow: [number, number][] = [];
  for (const { stepIndex, fromMs, toMs } of input.countWindows) {
    completedInWindow.push([stepIndex, await countCompletedBetween(connection, run, fromMs, toMs)]);
  }
  return {
    steps: steps.map((step, i) => ({
      name: step.name,
      attempt: step.attempt,
      settlement: settlements[i]!,
      server: counts[i]!,
    })),
    completedInWindow,
    settledBy: provisional === 0 ? 'nothing to settle' : describe ? 'describing each id' : 'count',
    visibilityWaitMs,
    open: steps.flatMap((step, i) => disagreement(step, settlements[i]!, counts[i]!)),
  };
}

/** Absence counts only once nothing that was sent can still be committed. */
async function untilDecided(steps: readonly CountedStep[]): Promise<void> {
  const undecided = steps.filter(({ measurement: { ledger } }) => total(ledger.unknown) + ledger.inDoubt > 0);
  const decidedAtMs = Math.max(0, ...undecided.map((step) => step.endedAtMs + START_DEADLINE_MS + LATE_COMMIT_MS));
  const waitMs = decidedAtMs - Date.now();
  if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
}

function provisionalOf({ measurement: { ledger } }: CountedStep): number {
  return total(ledger.rejected) + total(ledger.unknown) + ledger.inDoubt;
}

function isNamed({ measurement }: CountedStep): boolean {
  return measurement.provisional.every(
    ({ entries: { rejected, unknown, inDoubt } }) => rejected !== null && unknown !== null && inDoubt !== null,
  );
}

/**
 * Waits, step by step, until the server lists what is known to exist and nothing is open any more, or the time for
 * either is over. One visibility call a second at the most, however many steps there are.
 */
async function agreedCounts(
  connection: Connection,
  input: ReconcileInput,
  described: readonly Settlement[] | undefined,
): Promise<ServerCounts[]> {
  const { run, steps } = input;
  const startedAt = Date.now();
  const pace = new Pace(VISIBILITY_CALL_MS);
  const counts: ServerCounts[] = [];
  for (const [i, step] of steps.entries()) {
    const prefix = stepIdPrefix({ runId: run.runId, step: step.name, attempt: step.attempt });
    for (;;) {
      await pace.next();
      const count = (counts[i] = await countByStatus(connection, run.namespace, prefix));
      const waitedMs = Date.now() - startedAt;
      const listed = count.total >= expected(step, described?.[i]) || waitedMs > VISIBILITY_MS;
      const closed = count.open === 0 || waitedMs > input.completionTimeoutMs;
      if (listed && closed) break;
    }
  }
  return counts;
}

/** Spaces calls by an interval; the first goes at once. */
class Pace {
  private nextAt = 0;
  constructor(private readonly intervalMs: number) {}

  async next(): Promise<void> {
    const waitMs = this.nextAt - Date.now();
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    this.nextAt = Date.now() + this.intervalMs;
  }
}

function expected({ measurement: { ledger } }: CountedStep, found: Settlement | undefined): number {
  return startedWorkflows(ledger) + (found ? foundIn(found) : 0);
}

function foundIn({ foundRejected, foundUnknown, foundInDoubt }: Settlement): number {
  return total(foundRejected) + total(foundUnknown) + foundInDoubt;
}

function disagreement(step: CountedStep, found: Settlement, counts: ServerCounts): string[] {
  const have = startedWorkflows(step.measurement.ledger) + foundIn(found);
  if (have === counts.total) return [];
  return [
    `step ${step.name} attempt ${step.attempt}: the account has ${have} workflows, the server lists ${counts.total}`,
  ];
}

async function describeStep(connection: Connection, run: RunRef, step: CountedStep): Promise<Settlement> {
  let settlement: Settlement = { foundRejected: {}, foundUnknown: {}, foundInDoubt: 0 };
  for (const { lane, entries } of step.measurement.provisional) {
    const prefix = arrivalIdPrefix({ runId: run.runId, step: step.name, attempt: step.attempt, lane });
    const find = (sequences: SequenceSet) =>
      countExisting(
        connection,
        run.namespace,
        [...sequences].map((sequence) => `${prefix}${sequence}`),
      );
    settlement = {
      foundRejected: await findByCause(entries.rejected, settlement.foundRejected, find),
      foundUnknown: await findByCause(entries.unknown, settlement.foundUnknown, find),
      foundInDoubt: settlement.foundInDoubt + (await find(SequenceSet.from(entries.inDoubt ?? []))),
    };
  }
  return settlement;
}

async function findByCause(
  entries: Provisional['rejected'],
  before: Counts,
  find: (set: SequenceSet) => Promise<number>,
): Promise<Counts> {
  const sum: Record<string, number> = { ...before };
  for (const [cause, runs] of Object.entries(entries ?? {})) {
    const found = await find(SequenceSet.from(runs));
    if (found > 0) sum[cause] = (sum[cause] ?? 0) + found;
  }
  return sum;
}

async function countExisting(
  connection: Connection,
  namespace: string,
  workflowIds: readonly string[],
): Promise<number> {
  let found = 0;
  for (let i = 0; i < workflowIds.length; i += DESCRIBED_AT_ONCE) {
    const batch = workflowIds.slice(i, i + DESCRIBED_AT_ONCE);
    const exist = await Promise.all(batch.map((workflowId) => exists(connection, namespace, workflowId)));
    found += exist.filter(Boolean).length;
  }
  return found;
}

async function exists(connection: Connection, namespace: string, workflowId: string): Promise<boolean> {
  for (let errors = 0; ; errors += 1) {
    try {
      await connection.withDeadline(Date.now() + 10_000, () =>
        connection.workflowService.describeWorkflowExecution({ namespace, execution: { workflowId } }),
      );
      return true;
    } catch (err) {
      if (grpcCode(err) === status.NOT_FOUND) return false;
      // Unknown is not absent: without an answer the account stays open.
      if (errors === 5) throw err;
      await new Promise((resolve) => setTimeout(resolve, 500 * (errors + 1)));
    }
  }
}

/** Too many to name: what the server has beyond what was acknowledged is taken from the likeliest entries first. */
function settleByCount({ measurement: { ledger } }: CountedStep, counts: ServerCounts): Settlement {
  let surplus = Math.max(0, counts.total - startedWorkflows(ledger));
  const take = (n: number) => {
    const taken = Math.min(surplus, n);
    surplus -= taken;
    return taken;
  };
  const foundInDoubt = take(ledger.inDoubt);
  const takeFrom = (entries: Counts) =>
    Object.fromEntries(Object.entries(entries).map(([cause, n]) => [cause, take(n)]));
  return { foundInDoubt, foundUnknown: takeFrom(ledger.unknown), foundRejected: takeFrom(ledger.rejected) };
}
