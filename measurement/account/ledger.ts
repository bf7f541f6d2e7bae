/**
 * The account of every scheduled arrival. Law I1, at any instant at which nothing is in flight:
 *
 *   scheduled = acknowledged + recovered + rejected + skipped + unknown + inDoubt
 *
 * `unknown` and `inDoubt` are provisional. Reconciling with the server settles them; what is left over makes the run
 * UNACCOUNTED.
 */
export interface Ledger {
  /** Arrivals whose due time has come. */
  readonly scheduled: number;
  /** Starts the server confirmed to the process that sent them. */
  readonly acknowledged: number;
  /** Workflows that exist although nobody was told so: "already started", or found on the server afterwards. */
  readonly recovered: number;
  /** Starts the server refused, by cause, e.g. `RESOURCE_EXHAUSTED/RPS_LIMIT/namespace`. */
  readonly rejected: Counts;
  /** Arrivals that were never sent, by reason. */
  readonly skipped: Counts;
  /** Starts without an answer that settles them, by cause, e.g. `DEADLINE_EXCEEDED`. */
  readonly unknown: Counts;
  /** Arrivals of the time between a dead attempt's last record and its successor: perhaps sent, perhaps not. */
  readonly inDoubt: number;
}

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
  };
}

export function addCounts(...all: readonly Counts[]): Counts {
  const sum: Record<string, number> = {};
  for (const counts of all) for (const [key, n] of Object.entries(counts)) sum[key] = (sum[key] ?? 0) + n;
  return sum;
}

export function total(counts: Counts): number {
  return Object.values(counts).reduce((sum, n) => sum + n, 0);
}

/** How many scheduled arrivals no entry accounts for: 0 or the ledger is wrong. */
export function unaccounted(ledger: Ledger): number {
  const { scheduled, acknowledged, recovered, rejected, skipped, unknown, inDoubt } = ledger;
  return scheduled - acknowledged - recovered - total(rejected) - total(skipped) - total(unknown) - inDoubt;
}

/** Arrivals that have become a workflow, as far as is known. */
export function startedWorkflows(ledger: Ledger): number {
  return ledger.acknowledged + ledger.recovered;
}

/** What the server said of the provisional entries of a ledger. */
export interface Settlement {
  /** Rejected and unknown starts that exist all the same, by the cause they were booked under. */
  readonly foundRejected: Counts;
  readonly foundUnknown: Counts;
  readonly foundInDoubt: number;
}

/** The reason under which arrivals of a gap are booked that the server does not have. */
export const GAP = 'generator-gap';

/**
 * Law I3c: an error is provisional. What the server has becomes `recovered`; an unknown start it does not have was
 * rejected, under its own cause; an arrival in doubt it does not have was never sent.
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
