/**
 * The account of every scheduled arrival. At any instant at which nothing is in flight (I1):
 *
 *   scheduled = acknowledged + recovered + rejected + skipped + unknown + inDoubt
 *
 * `unknown` and `inDoubt` are provisional. Reconciliation with the server settles them; any that remain make the run
 * UNACCOUNTED.
 */
export interface Ledger {
  /** Arrivals whose due time has come. */
  readonly scheduled: number;
  /** Starts that the server confirmed to the process that sent them. */
  readonly acknowledged: number;
  /** Workflows that exist without an acknowledgement: "already started", or found on the server afterwards. */
  readonly recovered: number;
  /** Starts that the server rejected, by cause, e.g. `RESOURCE_EXHAUSTED/RPS_LIMIT/namespace`. */
  readonly rejected: Counts;
  /** Arrivals that were never sent, by reason. */
  readonly skipped: Counts;
  /** Starts without a conclusive response, by cause, e.g. `DEADLINE_EXCEEDED`. */
  readonly unknown: Counts;
  /** Arrivals between the last heartbeat of a dead attempt and its successor. They may or may not have been sent. */
  readonly inDoubt: number;
  /** The first error message of each cause of `rejected` and `unknown`, and of failed messages; absent if there is none. */
  readonly examples?: Examples;
}

/** One error message per cause, as the server or the connection reported it. */
export type Examples = Readonly<Record<string, string>>;

export type Counts = Readonly<Record<string, number>>;

export const emptyLedger: Ledger = {
  scheduled: 0,
  acknowledged: 0,
  recovered: 0,
  rejected: {},
  skipped: {},
  unknown: {},
  inDoubt: 0,
};

export function mergeLedgers(ledgers: readonly Ledger[]): Ledger {
  const sum = (pick: (ledger: Ledger) => number) => ledgers.reduce((total, ledger) => total + pick(ledger), 0);
  return {
    scheduled: sum((ledger) => ledger.scheduled),
    acknowledged: sum((ledger) => ledger.acknowledged),
    recovered: sum((ledger) => ledger.recovered),
    rejected: addCounts(...ledgers.map((ledger) => ledger.rejected)),
    skipped: addCounts(...ledgers.map((ledger) => ledger.skipped)),
    unknown: addCounts(...ledgers.map((ledger) => ledger.unknown)),
    inDoubt: sum((ledger) => ledger.inDoubt),
    ...someExamples(ledgers.map((ledger) => ledger.examples ?? {})),
  };
}

/** The most causes that have an example. It bounds the size of a ledger, whatever a server replies. */
const MAX_EXAMPLES = 20;

/** Merges examples: the first one of each cause, in the order of the arguments. Returns {} if there is none. */
export function someExamples(all: readonly Examples[]): Pick<Ledger, 'examples'> {
  const first = new Map<string, string>();
  for (const [cause, message] of all.flatMap(Object.entries<string>))
    if (!first.has(cause) && first.size < MAX_EXAMPLES) first.set(cause, message);
  return first.size === 0 ? {} : { examples: Object.fromEntries(first) };
}

export function addCounts(...all: readonly Counts[]): Counts {
  const sum: Record<string, number> = {};
  for (const counts of all) for (const [key, n] of Object.entries(counts)) sum[key] = (sum[key] ?? 0) + n;
  return sum;
}

export function total(counts: Counts): number {
  return Object.values(counts).reduce((sum, n) => sum + n, 0);
}

/** Returns how many scheduled arrivals no entry accounts for. Any value other than 0 means that the ledger is wrong. */
export function unaccounted(ledger: Ledger): number {
  const { scheduled, acknowledged, recovered, rejected, skipped, unknown, inDoubt } = ledger;
  return scheduled - acknowledged - recovered - total(rejected) - total(skipped) - total(unknown) - inDoubt;
}

/** Returns the number of arrivals that are known to have become a workflow. */
export function startedWorkflows(ledger: Ledger): number {
  return ledger.acknowledged + ledger.recovered;
}

/** What the server reported about the provisional entries of a ledger. */
export interface Settlement {
  /** Rejected and unknown starts that exist on the server, by the cause recorded in the ledger. */
  readonly foundRejected: Counts;
  readonly foundUnknown: Counts;
  readonly foundInDoubt: number;
}

/** The reason recorded for skipped arrivals that fell due between two attempts of a generator. */
export const GAP = 'generator-gap';

/**
 * Settles the provisional entries of a ledger (I3c). Starts that exist on the server become `recovered`. Unknown starts
 * that do not exist become `rejected` with the same cause. In-doubt arrivals that do not exist were never sent and become
 * `skipped`.
 */
export function settle(ledger: Ledger, found: Settlement): Ledger {
  const absentUnknown = subtractCounts(ledger.unknown, found.foundUnknown);
  const absentInDoubt = ledger.inDoubt - found.foundInDoubt;
  return {
    ...ledger,
    recovered: ledger.recovered + total(found.foundRejected) + total(found.foundUnknown) + found.foundInDoubt,
    rejected: addCounts(subtractCounts(ledger.rejected, found.foundRejected), absentUnknown),
    skipped: absentInDoubt > 0 ? addCounts(ledger.skipped, { [GAP]: absentInDoubt }) : ledger.skipped,
    unknown: {},
    inDoubt: 0,
  };
}

function subtractCounts(from: Counts, what: Counts): Counts {
  const rest = Object.entries(from).map(([key, n]) => [key, n - (what[key] ?? 0)] as const);
  return Object.fromEntries(rest.filter(([, n]) => n !== 0));
}
