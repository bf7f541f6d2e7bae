/**
 * How V8 is told to collect garbage in a generator: a small young generation makes many short pauses instead of few long
 * ones, and every pause is schedule lag. Measured at 1,000 starts a second (docs/results.md): p99 of the lag 2.6–3.3 ms
 * instead of 5.0–5.9.
 */
export const GENERATOR_FLAGS = ['--max-semi-space-size=2', '--min-semi-space-size=2'];
