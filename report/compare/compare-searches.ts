import type { GoalResult } from '../capacity-schema';
import type { BenchmarkResult } from '../result-schema';
import { DEFAULT_TOLERANCE, NotComparableError } from './compare-results';
import { otherDifferences, subjectDifferences, type Difference } from './differences';

/** A comparison of capacity searches, as `benchmark compare -o json` prints it. */
export interface SearchComparison {
  /**
   * REGRESSION if the capacity for one limit is lower; IMPROVEMENT if none is lower and one is higher; NO_DIFFERENCE if
   * every search was decided and their ranges overlap; otherwise UNDECIDED.
   */
  readonly outcome: 'REGRESSION' | 'IMPROVEMENT' | 'NO_DIFFERENCE' | 'UNDECIDED';
  readonly differences: readonly Difference[];
  readonly goals: readonly ComparedGoal[];
}

/** What the searches of both sides found for one limit. */
export interface ComparedGoal {
  /** The limit as it was given, e.g. `p99=500ms`. */
  readonly name: string;
  readonly base: readonly ComparedSearch[];
  readonly new: readonly ComparedSearch[];
  /** New mean rate that holds, divided by that of the base, minus 1; null if a search has no such rate. */
  readonly change: number | null;
  readonly verdict:
    | { readonly kind: 'lower' | 'higher' }
    /** By what share the capacities can still differ. */
    | { readonly kind: 'no difference'; readonly beyond: number }
    | { readonly kind: 'undecided' };
}

/** One search, for one limit. Rates are workflow starts per second. */
export interface ComparedSearch extends Pick<GoalResult, 'holds' | 'failsAt' | 'interval' | 'end'> {
  readonly runId: string;
  readonly labels: Readonly<Record<string, string>>;
  /** The first finding; null if none was determined. */
  readonly limitedBy: string | null;
}

/**
 * Compares capacity searches for the limits that all of them have. Throws {@link NotComparableError} if they have none in
 * common, or measured different things.
 *
 * @param tolerance the smallest change that counts as a difference, a share such as 0.05
 */
export function compareSearches(
  base: readonly BenchmarkResult[],
  changed: readonly BenchmarkResult[],
  tolerance = DEFAULT_TOLERANCE,
): SearchComparison {
  const all = [...base, ...changed];
  requireComparable(all);
  const names = all[0]!
    .capacity!.goals.map(({ name }) => name)
    .filter((name) => all.every(({ capacity }) => capacity!.goals.some((goal) => goal.name === name)));
  if (names.length === 0)
    throw new NotComparableError('the searches have no limit in common; expected one --slo that all of them have');
  const goals = names.map((name) => compareGoal(name, base, changed, tolerance));
  return { outcome: outcomeOf(goals), differences: otherDifferences(base, changed), goals };
}

function requireComparable(all: readonly BenchmarkResult[]): void {
  const run = all.find(({ capacity }) => capacity === undefined);
  if (run) throw new NotComparableError(`${run.runId} is not a capacity search; expected searches only, or runs only`);
  const named = ({ runId, config }: BenchmarkResult) => ({ name: runId, config });
  const different = all.flatMap((result) => subjectDifferences(named(all[0]!), named(result)));
  const problems = [
    ...all.flatMap(({ runId, outcomes }) =>
      outcomes.includes('UNACCOUNTED') ? [`${runId} is UNACCOUNTED: its figures cannot be compared`] : [],
    ),
    ...different.map((difference) => `the results measured different things: ${difference}`),
  ];
  if (problems.length > 0) throw new NotComparableError([...new Set(problems)].join('\n'));
}

function compareGoal(
  name: string,
  base: readonly BenchmarkResult[],
  changed: readonly BenchmarkResult[],
  tolerance: number,
): ComparedGoal {
  const sides = [base, changed].map((results) => results.map((result) => searchOf(name, result))) as [
    ComparedSearch[],
    ComparedSearch[],
  ];
  const [before, after] = sides.map(rangeOf) as [Range, Range];
  const [a, b] = sides.map(meanHolds) as [number | null, number | null];
  const change = a === null || b === null ? null : b / a - 1;
  return { name, base: sides[0], new: sides[1], change, verdict: verdictOf(before, after, change, tolerance) };
}

function searchOf(name: string, { runId, capacity, findings }: BenchmarkResult): ComparedSearch {
  const { holds, failsAt, interval, end } = capacity!.goals.find((goal) => goal.name === name)!;
  const cause = findings[0]?.name;
  const limitedBy = failsAt === null || cause === undefined || cause === 'not determined' ? null : cause;
  return { runId, labels: capacity!.labels, holds, failsAt, interval, end, limitedBy };
}

/** Between these rates is the capacity, as far as a side's searches know. */
interface Range {
  readonly low: number;
  readonly high: number;
}

/** Returns the range that contains the brackets and the statistical intervals of all searches of a side. */
function rangeOf(searches: readonly ComparedSearch[]): Range {
  return {
    low: Math.min(...searches.map(({ holds, interval }) => Math.min(holds ?? 0, interval?.low ?? Infinity))),
    high: Math.max(...searches.map(({ failsAt, interval }) => Math.max(failsAt ?? Infinity, interval?.high ?? 0))),
  };
}

function meanHolds(searches: readonly ComparedSearch[]): number | null {
  const rates = searches.flatMap(({ holds }) => (holds === null ? [] : [holds]));
  if (rates.length < searches.length) return null;
  return rates.reduce((sum, rate) => sum + rate, 0) / rates.length;
}

/** Ranges that do not overlap are a difference: a rate holds on one side and does not on the other. */
function verdictOf(base: Range, changed: Range, change: number | null, tolerance: number): ComparedGoal['verdict'] {
  const isLarge = change === null || Math.abs(change) >= tolerance;
  if (changed.high <= base.low && isLarge) return { kind: 'lower' };
  if (changed.low >= base.high && isLarge) return { kind: 'higher' };
  const beyond = Math.max(changed.high / base.low - 1, base.high / changed.low - 1);
  return Number.isFinite(beyond) ? { kind: 'no difference', beyond } : { kind: 'undecided' };
}

function outcomeOf(goals: readonly ComparedGoal[]): SearchComparison['outcome'] {
  const has = (kind: ComparedGoal['verdict']['kind']) => goals.some(({ verdict }) => verdict.kind === kind);
  if (has('lower')) return 'REGRESSION';
  if (has('higher')) return 'IMPROVEMENT';
  return has('undecided') ? 'UNDECIDED' : 'NO_DIFFERENCE';
}
