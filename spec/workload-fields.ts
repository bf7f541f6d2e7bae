import { choice, duration, flag, integer, text } from './fields';
import { MIXABLE, MOST_IN_A_MIX, parseMix } from './mix';
import { parsePayloadSize, SIZE_PATTERN } from './size';
import { isTemplate } from './template';
import { WORKLOADS } from './workloads';

/** The rows of the table that say what one arrival starts, and who executes it. */
export const workloadFields = {
  workload: choice({
    of: WORKLOADS,
    help: 'What one arrival starts: `simple` completes at once, `multi-activity` runs no-op activities, `timer` sleeps, `child-workflow` waits for children, `state-transitions` runs ten activities one after another; `external` is a workflow of your own, on workers of your own; `mix` is several of them at once; docs/workloads.md has them all',
    env: ['BENCHMARK_WORKFLOW_TYPE'],
    default: 'simple',
  }),
  mix: text({
    pattern: /^[a-z0-9=,\s-]{3,300}$/,
    accepts: (value) => parseMix(value) !== undefined,
    expected: `2 to ${MOST_IN_A_MIX} different workloads with weights from 1 to 1000, such as simple=70,timer=20,signal=10, among ${MIXABLE.join(', ')}`,
    help: 'What a `mix` starts, and how often each among the others; each has statistics of its own',
    otherwise: 'none: a mix needs it',
  }),
  activityCount: integer({
    min: 1,
    max: 100,
    help: 'Activities of one `multi-activity` or `local-activities` workflow',
    env: ['BENCHMARK_ACTIVITY_COUNT'],
    default: 5,
  }),
  activityConcurrency: integer({
    min: 1,
    max: 100,
    help: 'How many activities of one `multi-activity` workflow run at once',
    default: 1,
  }),
  timerDuration: duration({
    min: '1ms',
    max: '1h',
    help: 'How long one `timer` workflow sleeps; the server fires timers about once a second',
    env: ['BENCHMARK_TIMER_DURATION'],
    default: '1s',
  }),
  childCount: integer({
    min: 1,
    max: 100,
    help: 'Children of one `child-workflow` workflow, all at once',
    env: ['BENCHMARK_CHILD_COUNT'],
    default: 3,
  }),
  messages: integer({
    min: 1,
    max: 20,
    help: 'Signals, updates or queries that one `signal`, `update`, `update-with-start` or `query` workflow is sent, one after another',
    default: 1,
  }),
  failures: integer({
    min: 1,
    max: 10,
    help: 'How often the activity of one `retry` workflow fails before it succeeds, about a second apart',
    default: 1,
  }),
  chainLength: integer({
    min: 2,
    max: 100,
    help: 'Executions of one `continue-as-new` workflow',
    default: 2,
  }),
  payloadSize: text({
    pattern: SIZE_PATTERN,
    accepts: (value) => parsePayloadSize(value) !== undefined,
    expected: 'a size such as 4KB, uniform:100B-64KB or exponential:4KB, up to 1MB',
    help: 'Input and result of one `payload` workflow: always the same size, or drawn for each arrival',
    default: '1KB',
  }),
  idleDuration: duration({
    min: '1s',
    max: '1h',
    help: 'How long the activity of one `idle` workflow lives, heartbeating once a second',
    default: '5s',
  }),
  externalType: text({
    pattern: /^\S.{0,199}$/,
    expected: 'the name of a workflow type, at most 200 characters',
    help: 'Workflow type that an arrival of an `external` run starts; workers of your own execute it',
    otherwise: 'none: an external run needs it',
  }),
  externalInput: text({
    pattern: /^[^]{1,100000}$/,
    accepts: isTemplate,
    expected: 'JSON, in which {{index}} stands for the number of the arrival and "{{id}}" for its workflow id',
    help: 'Input of an external workflow',
    otherwise: 'none',
  }),
  taskQueue: text({
    pattern: /^\S.{0,199}$/,
    expected: 'the name of a task queue, at most 200 characters',
    help: 'Task queue of the load workflows, where workers of your own poll it',
    env: ['BENCHMARK_TASK_QUEUE'],
    otherwise: "a queue of the run's own",
  }),
  generatorOnly: flag({
    help: 'Start no hosts: await the workers that poll the task queue already (benchmark host, or your own)',
    env: ['BENCHMARK_GENERATOR_ONLY'],
    default: false,
  }),
} as const;
