import { EXECUTORS } from './executor';
import { boolean, choice, duration, integer, number, text } from './fields';
import { MAX_RATE } from './load-fields';

/** The fields that define which processes generate the load and run the load workflows. */
export const processFields = {
  lanes: integer({
    min: 1,
    max: 200,
    help: 'Equal shares of the arrivals; each lane needs one generator process',
    env: ['BENCHMARK_LANES', 'BENCHMARK_WORKER_COUNT'],
    flagAlias: 'workers',
    default: 4,
    embeddedDefault: 1,
  }),
  connections: integer({
    min: 1,
    max: 50,
    help: 'Connections from each generator to the target; behind an L4 load balancer, each connection is pinned to one frontend',
    default: 1,
  }),
  executor: choice({
    choices: EXECUTORS,
    help: 'What executes the load workflows: `lean` in the generators, at a fraction of the CPU, or `sdk` in hosts with a Temporal SDK worker',
    default: 'lean',
  }),
  hosts: integer({ min: 1, max: 100, help: '`sdk`: worker processes that run the load workflows', default: 1 }),
  hostSlots: integer({
    min: 1,
    max: 10_000,
    help: '`sdk`: workflow tasks (at least 2) and activities that each host runs at the same time',
    default: 100,
  }),
  hostPollers: integer({
    min: 2,
    max: 1000,
    help: '`sdk`: open polls of each host for workflow tasks, and as many for activity tasks; a poll returns one task per round trip',
    defaultNote: 'adapted to the load by the Temporal SDK',
  }),
  taskQueue: text({
    pattern: /^\S.{0,199}$/,
    expected: 'the name of a task queue, at most 200 characters',
    help: 'Task queue of the load workflows; set it if your own workers poll it',
    env: ['BENCHMARK_TASK_QUEUE'],
    defaultNote: 'a new task queue per run',
  }),
  generatorOnly: boolean({
    help: 'Execute no load workflows; use the workers that already poll the task queue (`benchmark host` or your own workers)',
    env: ['BENCHMARK_GENERATOR_ONLY'],
    default: false,
  }),
} as const;

/** The fields that define where the load workflows run. */
export const namespaceFields = {
  namespace: text({
    pattern: /^[A-Za-z0-9][A-Za-z0-9._-]{0,254}$/,
    expected: 'the name of an existing namespace: letters, digits, dots, dashes and underscores',
    help: 'Existing namespace of the target to use; cleanup affects only the workflows of this run',
    env: ['BENCHMARK_NAMESPACE', 'TEMPORAL_NAMESPACE'],
    defaultNote: 'a new namespace `benchmark-<run>`',
  }),
  deleteNamespace: boolean({
    help: 'Delete the namespace that the run registered after the run; the server needs some minutes for this',
    default: false,
  }),
  retention: duration({
    min: '1h',
    max: '30d',
    help: 'Retention of the namespace that the run registers; it must be longer than the run',
    default: '24h',
  }),
  targetProfile: text({
    pattern: /^[A-Za-z0-9._-]{1,64}$/,
    expected: 'the name of a profile in the Temporal configuration file of the workers',
    help: 'Profile in the Temporal configuration file with which each worker connects to the target; a spec never contains addresses or secrets',
    defaultNote: "the workers' environment, then the profile `default`",
  }),
} as const;

/** The thresholds of a hold's verdict. */
export const thresholdFields = {
  maxP99: duration({
    min: '1ms',
    max: '1h',
    help: 'Highest p99 latency, measured from the due time of a start to its completion',
    env: ['BENCHMARK_MAX_P99_LATENCY'],
    defaultNote: '5s plus the time that the workload itself waits',
  }),
  minThroughput: number({
    min: 0,
    max: MAX_RATE,
    unit: 'completions per second',
    help: 'Lowest throughput in completions per second during the hold',
    env: ['BENCHMARK_MIN_THROUGHPUT'],
    defaultNote: '90 % of the target rate',
  }),
  maxErrorRate: number({
    min: 0,
    max: 1,
    help: 'Highest share of the scheduled starts that are skipped, rejected, lost or not completed',
    default: 0.01,
  }),
} as const;

/** The conditions that end a run early. */
export const abortFields = {
  abortOnErrorRate: number({
    min: 0,
    max: 1,
    help: 'Abort if more than this share of the starts, and at least three of them, fail within the abort window',
    defaultNote: 'never',
  }),
  abortOnP99: duration({
    min: '1ms',
    max: '1h',
    help: 'Abort if the p99 latency within the abort window exceeds this duration',
    defaultNote: 'never',
  }),
  abortOnBacklogAge: duration({
    min: '1s',
    max: '1h',
    help: 'Abort if the oldest task of the task queue exceeds this age during the whole abort window',
    defaultNote: 'never',
  }),
  abortWindow: duration({
    min: '2s',
    max: '10m',
    help: 'How long a condition must persist before the run is aborted',
    default: '30s',
  }),
} as const;

/** How long the run waits, and how it reacts to generators that fail. */
export const recoveryFields = {
  completionTimeout: duration({
    min: '1s',
    max: '24h',
    help: 'How long to wait after the load for started workflows to complete',
    env: ['BENCHMARK_COMPLETION_TIMEOUT'],
    default: '1m',
  }),
  maxGap: number({
    min: 0,
    max: 1,
    help: "Share of a hold's arrivals that a failed generator may miss before the hold is repeated",
    default: 0.01,
  }),
  stepAttempts: integer({
    min: 1,
    max: 5,
    help: 'Attempts per hold; a hold is repeated if a failed generator spoils it',
    default: 2,
  }),
} as const;
