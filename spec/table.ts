import { choice, duration, flag, integer, number, numbers, text } from './fields';
import { workloadFields } from './workload-fields';

export { WORKLOADS, type WorkloadName } from './workloads';

/** The highest rate a spec may ask for, starts per second. */
export const HIGHEST_RATE = 100_000;

/** More would make neither a result of 256 KB nor a payload of 512 KB. */
export const MOST_ITERATIONS = 25;

/**
 * The one table of everything a run can be told. A field's name here is its name in a spec file and in a workflow's
 * input; its flag is the same in kebab case. docs/spec.md and the JSON Schema are generated from it.
 */
export const table = {
  ...workloadFields,
  rate: number({
    min: 0,
    above: true,
    max: HIGHEST_RATE,
    unit: 'workflow starts per second',
    help: 'Target rate, workflow starts per second',
    env: ['BENCHMARK_TARGET_RATE'],
    default: 100,
    embeddedDefault: 30,
  }),
  duration: duration({
    min: '1s',
    max: '24h',
    help: 'How long the load lasts, the ramp-up included',
    env: ['BENCHMARK_DURATION'],
    default: '5m',
    embeddedDefault: '30s',
  }),
  rampUp: duration({
    min: '0s',
    max: '24h',
    help: 'Time in which the rate rises from 0 to the target; it lies inside the duration (before the first hold of a staircase) and is left out of the statistics',
    env: ['BENCHMARK_RAMP_UP'],
    otherwise: 'a sixth of the duration (of a hold in a staircase), 30s at the most',
  }),
  stages: numbers({
    min: 0,
    max: HIGHEST_RATE,
    most: 50,
    unit: 'workflow starts per second',
    help: 'A staircase: one hold at each of these rates, each with a verdict of its own; replaces rate and duration',
  }),
  hold: duration({ min: '1s', max: '24h', help: 'How long each hold of a staircase lasts', default: '1m' }),
  stopOnFail: flag({
    help: 'End a staircase after the first hold that is invalid or misses a threshold',
    default: false,
  }),
  iterations: integer({
    min: 1,
    max: MOST_ITERATIONS,
    help: 'How often ramp-up and hold are run, one after the other; each is judged, and their means come with a confidence interval',
    env: ['BENCHMARK_ITERATIONS'],
    default: 1,
  }),
  warmUp: flag({ help: 'Leave the first iteration out of every statistic and verdict', default: false }),
  arrivals: choice({
    of: ['uniform', 'poisson'],
    help: 'How starts are spaced: evenly, or at random as independent users would',
    default: 'uniform',
  }),
  seed: integer({ min: 0, max: 2 ** 31 - 1, help: 'Seed of the random arrivals and of the sample', default: 1 }),
  lanes: integer({
    min: 1,
    max: 200,
    help: 'Load generators that share the arrivals evenly; each needs a generator process',
    env: ['BENCHMARK_WORKER_COUNT'],
    default: 4,
    embeddedDefault: 1,
  }),
  connections: integer({
    min: 1,
    max: 50,
    help: 'Connections to the target over which each generator spreads its calls; behind a load balancer of connections, one reaches one frontend',
    default: 1,
  }),
  hosts: integer({ min: 1, max: 100, help: 'Worker processes that execute the load workflows', default: 1 }),
  hostSlots: integer({
    min: 1,
    max: 10_000,
    help: 'Slots of each of these processes: workflow tasks (at least 2) and activities that it executes at once',
    default: 100,
  }),
  hostPollers: integer({
    min: 2,
    max: 1000,
    help: 'Polls that each of these processes keeps open, of workflow tasks and of activity tasks; a task takes a round trip of one',
    otherwise: 'as many as the load needs: the worker scales its pollers by what the server tells it',
  }),
  namespace: text({
    pattern: /^[A-Za-z0-9][A-Za-z0-9._-]{0,254}$/,
    expected: 'the name of an existing namespace: letters, digits, dots, dashes and underscores',
    help: "Run in this existing namespace of the target instead of registering one; only this run's workflows are ever cleaned up there",
    env: ['BENCHMARK_NAMESPACE', 'TEMPORAL_NAMESPACE'],
    otherwise: 'a new namespace benchmark-<run>',
  }),
  deleteNamespace: flag({
    help: 'Delete the namespace of the run afterwards; the server works on that for minutes',
    default: false,
  }),
  retention: duration({
    min: '1h',
    max: '30d',
    help: "Retention of the run's namespace; the run must be shorter",
    default: '24h',
  }),
  targetProfile: text({
    pattern: /^[A-Za-z0-9._-]{1,64}$/,
    expected: 'the name of a profile in the Temporal configuration file of the workers',
    help: 'Connection profile by which each worker reaches the target; the spec itself never holds an address or a secret',
    otherwise: "the workers' environment, then the profile `default`",
  }),
  maxP99: duration({
    min: '1ms',
    max: '1h',
    help: 'Threshold: 99th percentile of the latency, from the due time of a start to its completion',
    env: ['BENCHMARK_MAX_P99_LATENCY'],
    otherwise: '5s and what the workload itself waits for',
  }),
  minThroughput: number({
    min: 0,
    max: HIGHEST_RATE,
    unit: 'completions per second',
    help: 'Threshold: completions per second inside the hold',
    env: ['BENCHMARK_MIN_THROUGHPUT'],
    otherwise: '90 % of the target rate',
  }),
  maxErrorRate: number({
    min: 0,
    max: 1,
    help: 'Threshold: share of the scheduled starts that were skipped, rejected, lost or did not complete',
    default: 0.01,
  }),
  abortOnErrorRate: number({
    min: 0,
    max: 1,
    help: 'End the run early when more than this share of the starts fails over a window',
    otherwise: 'never',
  }),
  abortOnP99: duration({
    min: '1ms',
    max: '1h',
    help: 'End the run early when the p99 latency is above this over a window',
    otherwise: 'never',
  }),
  abortOnBacklogAge: duration({
    min: '1s',
    max: '1h',
    help: "End the run early when the oldest task of the workload's queue is older than this over a window",
    otherwise: 'never',
  }),
  abortWindow: duration({
    min: '2s',
    max: '10m',
    help: 'The window of the three above: what they say has to hold for so long',
    default: '30s',
  }),
  completionTimeout: duration({
    min: '1s',
    max: '24h',
    help: 'How long to wait for what was started to complete once the load has ended',
    env: ['BENCHMARK_COMPLETION_TIMEOUT'],
    default: '1m',
  }),
  maxGap: number({
    min: 0,
    max: 1,
    help: "Share of a step's arrivals that may fall into the gap a dead generator leaves before the step is run again",
    default: 0.01,
  }),
  stepAttempts: integer({
    min: 1,
    max: 5,
    help: 'How often a step is run at the most when a gap spoilt it',
    default: 2,
  }),
} as const;

export type Table = typeof table;
export type FieldName = keyof Table;

export const fieldNames = Object.keys(table) as FieldName[];

/** `rampUp` → `ramp-up`. */
export function flagOf(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
