/** The values that {@link parseMaxRate} accepts, as a phrase that completes "expected …". */
export const MAX_RATE_EXPECTED = 'a number of workflow starts per second above 0, such as 500';

/**
 * Returns the limit in the text of BENCHMARK_MAX_RATE, workflow starts per second; undefined if it is invalid. A limit that
 * cannot be read must stop the load, because it protects a cluster.
 */
export function parseMaxRate(text: string): number | undefined {
  const rate = /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : NaN;
  return rate > 0 && Number.isFinite(rate) ? rate : undefined;
}

/** Returns the limit that an environment sets; undefined if it sets none. Throws RangeError if the value is invalid. */
export function maxRateOf(env: Readonly<Record<string, string | undefined>>): number | undefined {
  const text = env.BENCHMARK_MAX_RATE;
  if (text === undefined) return undefined;
  const rate = parseMaxRate(text);
  if (rate !== undefined) return rate;
  throw new RangeError(`BENCHMARK_MAX_RATE: ${JSON.stringify(text)} is invalid; expected ${MAX_RATE_EXPECTED}`);
}
