import { fewestIterations } from '../../measurement/comparing/judge-metrics';
import { percent } from '../../measurement/format/numbers';
import type { BenchmarkResult } from '../result-schema';
import { compareResults, DECIDING_METRICS, NotComparableError, type ComparedMetric } from './compare-results';
import { compareSearches } from './compare-searches';
import { configValue, SUBJECT } from './differences';
import type { NoiseFloor } from './noise-floor';

/** What decides whether a change over time counts. */
export interface ChangeLimits {
  /** A share. */
  readonly tolerance: number;
  readonly noiseFloor: (results: readonly BenchmarkResult[]) => NoiseFloor | null;
}

/**
 * Finds the results with which something changed, by the test of {@link compareResults}. Only results of the same load are
 * compared. A group of results before a boundary is compared with a group after it: each is the smallest group next to the
 * boundary that has enough iterations for the test. A group does not reach beyond an earlier change. So a change is known
 * once enough iterations have followed it. Searches are compared one by one.
 *
 * @param results oldest first
 * @returns the changes as text, by the result with which they begin
 */
export function changesOverTime(
  results: readonly BenchmarkResult[],
  limits: ChangeLimits,
): ReadonlyMap<BenchmarkResult, string> {
  const loads = new Map<string, BenchmarkResult[]>();
  for (const result of results.filter(isUsable)) {
    const key = loadOf(result);
    loads.set(key, [...(loads.get(key) ?? []), result]);
  }
  return new Map([...loads.values()].flatMap((same) => changesOfLoad(same, limits)));
}

/** Results with an open account and results without a valid hold prove nothing. */
function isUsable({ outcomes, capacity, steps }: BenchmarkResult): boolean {
  if (outcomes.includes('UNACCOUNTED')) return false;
  return capacity !== undefined || steps.some(({ counted, validity }) => counted && validity?.valid);
}

/** Returns the same text for results that can be compared. */
function loadOf({ config, capacity, staircase }: BenchmarkResult): string {
  const fields = SUBJECT.filter((field) => field !== 'rate' || staircase === undefined);
  const limits = capacity?.goals.map(({ name }) => name).sort();
  return JSON.stringify([fields.map((field) => configValue(config, field) ?? null), limits]);
}

function changesOfLoad(results: readonly BenchmarkResult[], limits: ChangeLimits): [BenchmarkResult, string][] {
  const changes: [BenchmarkResult, string][] = [];
  let lastChange = 0;
  for (let boundary = 1; boundary < results.length; boundary += 1) {
    const base = groupOf(results.slice(lastChange, boundary).reverse());
    const changed = groupOf(results.slice(boundary));
    const text = base && changed && changeBetween(base, changed, limits);
    if (text === undefined) continue;
    changes.push([results[boundary]!, text]);
    lastChange = boundary;
  }
  return changes;
}

/** Returns the first results that have enough samples together; undefined if all of them do not. */
function groupOf(results: readonly BenchmarkResult[]): readonly BenchmarkResult[] | undefined {
  const fewest = fewestIterations(DECIDING_METRICS);
  let samples = 0;
  for (const [i, result] of results.entries()) {
    samples += samplesOf(result, fewest);
    if (samples >= fewest) return results.slice(0, i + 1);
  }
  return undefined;
}

/** One search is enough, one staircase is one sample, and otherwise each valid hold is one. */
function samplesOf({ capacity, staircase, steps }: BenchmarkResult, enough: number): number {
  if (capacity !== undefined) return enough;
  return staircase ? 1 : steps.filter(({ counted, validity }) => counted && validity?.valid).length;
}

/** Returns what changed; undefined if nothing did, or if the two groups cannot be compared. */
function changeBetween(
  base: readonly BenchmarkResult[],
  changed: readonly BenchmarkResult[],
  { tolerance, noiseFloor }: ChangeLimits,
): string | undefined {
  try {
    if (base[0]!.capacity !== undefined) return searchChange(base, changed, tolerance);
    const all = [...base, ...changed];
    const { metrics } = compareResults(base, changed, tolerance, noiseFloor(all));
    return textOf(metrics.filter(({ decides }) => decides));
  } catch (err) {
    if (err instanceof NotComparableError) return undefined;
    throw err;
  }
}

function textOf(metrics: readonly ComparedMetric[]): string | undefined {
  const changes = metrics
    .filter(({ verdict }) => verdict.kind === 'worse' || verdict.kind === 'better')
    .map(({ name, scale, effect, verdict }) => {
      const size = scale === 'ratio' ? percent(effect) : `${(effect * 100).toFixed(2)} pp`;
      return `${name} ${effect > 0 ? '+' : ''}${size} (${verdict.kind})`.replace('-', '−');
    });
  return changes.length === 0 ? undefined : changes.join(', ');
}

function searchChange(
  base: readonly BenchmarkResult[],
  changed: readonly BenchmarkResult[],
  tolerance: number,
): string | undefined {
  const changes = compareSearches(base, changed, tolerance).goals.flatMap(({ name, change, verdict }) => {
    if (verdict.kind !== 'lower' && verdict.kind !== 'higher') return [];
    const by = change === null ? verdict.kind : `${change > 0 ? '+' : '−'}${percent(Math.abs(change))}`;
    return [`capacity for ${name} ${by} (${verdict.kind === 'lower' ? 'worse' : 'better'})`];
  });
  return changes.length === 0 ? undefined : changes.join(', ');
}
