/**
 * V8's flags of a generator process. A small young generation causes many short garbage collection pauses instead of few
 * long ones, and every pause is schedule lag. Measured at 1,000 starts per second (docs/results.md): the p99 of the
 * schedule lag is 2.6–3.3 ms instead of 5.0–5.9 ms.
 */
export const GENERATOR_FLAGS = ['--max-semi-space-size=2', '--min-semi-space-size=2'];
