import { choice, duration, integer, text } from './fields';
import { MAX_MIX_PARTS, MIXABLE, parseMix } from './mix';
import { parsePayloadSize, PAYLOAD_SIZE_PATTERN } from './payload-size';
import { WORKLOADS } from './workloads';

/** The fields that define what one arrival starts. */
export const workloadFields = {
  workload: choice({
    choices: WORKLOADS,
    help: 'Workload that each arrival starts',
    env: ['BENCHMARK_WORKFLOW_TYPE'],
    default: 'simple',
  }),
  mix: text({
    pattern: /^[a-z0-9=,\s-]{3,300}$/,
    isValid: (value) => parseMix(value) !== undefined,
    expected: `2 to ${MAX_MIX_PARTS} different workloads with weights from 1 to 1000, such as simple=70,timer=20,signal=10; the workloads are ${MIXABLE.join(', ')}`,
    help: '`mix`: workloads and their weights, such as simple=70,timer=30; each workload gets its own statistics',
    defaultNote: 'none; required by workload mix',
  }),
  activityCount: integer({
    min: 1,
    max: 100,
    help: '`multi-activity`, `local-activities`: activities per workflow',
    env: ['BENCHMARK_ACTIVITY_COUNT'],
    default: 5,
  }),
  activityConcurrency: integer({
    min: 1,
    max: 100,
    help: '`multi-activity`: activities that each workflow runs at the same time',
    default: 1,
  }),
  timerDuration: duration({
    min: '1ms',
    max: '1h',
    help: '`timer`: duration of the timer; the server fires timers about once per second',
    env: ['BENCHMARK_TIMER_DURATION'],
    default: '1s',
  }),
  childCount: integer({
    min: 1,
    max: 100,
    help: '`child-workflow`: child workflows per workflow, all started at the same time',
    env: ['BENCHMARK_CHILD_COUNT'],
    default: 3,
  }),
  messages: integer({
    min: 1,
    max: 20,
    help: '`signal`, `update`, `update-with-start`, `query`: messages to each workflow, sent one after another',
    default: 1,
  }),
  failures: integer({
    min: 1,
    max: 10,
    help: '`retry`: failed attempts of the activity before it succeeds, about one second apart',
    default: 1,
  }),
  chainLength: integer({
    min: 2,
    max: 100,
    help: '`continue-as-new`: executions per chain',
    default: 2,
  }),
  payloadSize: text({
    pattern: PAYLOAD_SIZE_PATTERN,
    isValid: (value) => parsePayloadSize(value) !== undefined,
    expected: 'a size such as 4KB, uniform:100B-64KB or exponential:4KB, up to 1MB',
    help: '`payload`: size of the input and of the result, fixed or drawn for each arrival',
    default: '1KB',
  }),
  idleDuration: duration({
    min: '1s',
    max: '1h',
    help: '`idle`: duration of the activity, which heartbeats once per second',
    default: '5s',
  }),
  externalType: text({
    pattern: /^\S.{0,199}$/,
    expected: 'the name of a workflow type, at most 200 characters',
    help: '`external`: workflow type that each arrival starts and that your own workers run',
    defaultNote: 'none; required by workload external',
  }),
  externalInput: text({
    pattern: /^[^]{1,100000}$/,
    isValid: isJsonTemplate,
    expected:
      'JSON, in which {{index}} stands for the number of the arrival and "{{id}}" (in quotes) for its workflow ID',
    help: '`external`: workflow input as JSON; it can contain {{index}}, the number of the arrival, and {{id}}, its workflow ID',
    defaultNote: 'none',
  }),
} as const;

/** Reports whether a text is JSON after its placeholders are replaced. */
function isJsonTemplate(json: string): boolean {
  try {
    JSON.parse(json.replaceAll('{{id}}', 'id').replaceAll('{{index}}', '0'));
    return true;
  } catch {
    return false;
  }
}
