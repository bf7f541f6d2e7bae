/**
 * The variant in which the fault tests run: `BENCHMARK_TEST_LANES=3 BENCHMARK_TEST_EXECUTOR=sdk npm run test:faults`.
 * Expectations must hold for every variant.
 */
export const lanes = Number(process.env.BENCHMARK_TEST_LANES || 1);
export const executor = process.env.BENCHMARK_TEST_EXECUTOR || 'lean';

/** The options of the workflow's input. */
export const variant = { lanes, executor };

/** The flags of the command line. */
export const variantFlags: readonly string[] = ['--lanes', String(lanes), '--executor', executor];
