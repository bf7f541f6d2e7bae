import { durationMs, formatDuration } from './duration';
import { executorOf } from './executor';
import type { Field } from './fields';
import type { BenchmarkSpec, SpecInput } from './parse';
import type { SpecProblem } from './problems';
import { parseMix } from './mix';
import { isFieldName, table, type FieldName } from './table';

/** Returns the problems of a spec whose fields are valid one by one, but contradict each other. */
export function crossChecks(spec: BenchmarkSpec, given: SpecInput): SpecProblem[] {
  return [
    ...(spec.stages === undefined ? withoutStages(spec, given) : withStages(given)),
    ...externalWorkers(spec),
    ...inputOfLanes(spec),
    ...workloadOptions(spec),
    ...withoutEffect(spec, given),
    ...emptyHolds(spec),
    ...warmUp(spec),
    ...retention(spec),
  ];
}

/**
 * Returns the fields whose values decide about a contradiction. If one of them is invalid by itself, the contradiction
 * is not reported.
 */
export function fieldsBehind({ field, relation }: SpecProblem): readonly string[] {
  if (field === 'rampUp' || field === 'retention') return ['rampUp', 'duration', 'hold', 'stages', 'retention'];
  if (field === 'externalInput') return ['externalInput', 'lanes', 'workload', 'mix'];
  if (relation === undefined && (field === 'duration' || field === 'hold'))
    return ['duration', 'hold', 'rate', 'rampUp', 'stages'];
  if (isFieldName(field) && WORKLOADS_WITH[field]) return [field, 'workload', 'mix'];
  return [field];
}

/** Reports whether a field was set to a value other than its default. The `config` of a result contains the defaults. */
function isChanged(field: FieldName, given: SpecInput): boolean {
  return given[field] !== undefined && given[field] !== (table[field] as Field).default;
}

function withoutStages(spec: BenchmarkSpec, given: SpecInput): SpecProblem[] {
  const problems: SpecProblem[] = [];
  if (durationMs(spec.rampUp) >= durationMs(spec.duration)) {
    const expected = `less than the duration of the run (${spec.duration}), which includes the ramp-up`;
    problems.push({ field: 'rampUp', value: spec.rampUp, expected });
  }
  if (isChanged('hold', given)) {
    const expected = '`stages`; the length of a run without stages is `duration`';
    problems.push({ field: 'hold', value: spec.hold, relation: 'requires', expected });
  }
  return problems;
}

/** Why a staircase does not accept a field. */
const REPLACED_BY_STAGES = {
  rate: 'each hold has its own rate',
  duration: 'use `hold` for the duration of each hold',
  minThroughput: 'each hold requires 90 % of its own rate',
  iterations: 'a staircase runs once',
  warmUp: 'a staircase runs once',
} as const;

function withStages(given: SpecInput): SpecProblem[] {
  return (Object.keys(REPLACED_BY_STAGES) as (keyof typeof REPLACED_BY_STAGES)[])
    .filter((field) => isChanged(field, given))
    .map((field) => {
      const expected = `\`stages\`: ${REPLACED_BY_STAGES[field]}`;
      return { field, value: given[field], relation: 'cannot be used with', expected };
    });
}

/** Workers that the run does not start itself are found by their namespace and their task queue. */
function externalWorkers(spec: BenchmarkSpec): SpecProblem[] {
  const required: [field: FieldName, expected: string][] = [];
  if (spec.workload === 'external') required.push(['externalType', 'the workflow type that your workers run']);
  if (spec.workload === 'external' || spec.generatorOnly) {
    required.push(['taskQueue', 'the task queue that your workers poll']);
    required.push(['namespace', 'the existing namespace that your workers use']);
  }
  return required
    .filter(([field]) => spec[field] === undefined)
    .map(([field, expected]) => ({ field, value: undefined, expected }));
}

/**
 * Bytes of the inputs of all lanes, at most. A step schedules its lanes in one message to the control server, which accepts
 * 4 MiB; half of it is left for the rest of the message.
 */
const MAX_INPUT_OF_LANES = 2 * 1024 * 1024;

/** Every lane gets the input of the workflows. */
function inputOfLanes({ externalInput, lanes }: BenchmarkSpec): SpecProblem[] {
  if (externalInput === undefined) return [];
  // It is sent as text within JSON.
  const bytes = utf8Length(JSON.stringify(externalInput));
  if (bytes * lanes <= MAX_INPUT_OF_LANES) return [];
  const most = Math.floor(MAX_INPUT_OF_LANES / lanes);
  const expected = `at most ${most} bytes with ${lanes} lanes, which all get it (it has ${bytes}); use a shorter input, or at most ${Math.floor(MAX_INPUT_OF_LANES / bytes)} lanes`;
  return [{ field: 'externalInput', value: `${externalInput.slice(0, 40)}…`, expected }];
}

function utf8Length(text: string): number {
  const lengthOf = (point: number) => (point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4);
  return [...text].reduce((sum, character) => sum + lengthOf(character.codePointAt(0)!), 0);
}

function workloadOptions(spec: BenchmarkSpec): SpecProblem[] {
  const problems: SpecProblem[] = [];
  const requireWorkload = (field: 'mix' | 'externalType' | 'externalInput', workload: string) => {
    if (spec.workload === workload || spec[field] === undefined) return;
    problems.push({ field, value: spec[field], relation: 'requires', expected: `\`workload\` ${workload}` });
  };
  requireWorkload('mix', 'mix');
  requireWorkload('externalType', 'external');
  requireWorkload('externalInput', 'external');
  if (spec.workload === 'mix' && spec.mix === undefined) {
    problems.push({ field: 'mix', value: undefined, expected: 'workloads and weights, such as simple=70,timer=30' });
  }
  return problems;
}

/** The workloads that read a field. Every workload reads a field that is not listed. */
const WORKLOADS_WITH: Readonly<Partial<Record<FieldName, readonly string[]>>> = {
  activityCount: ['multi-activity', 'local-activities'],
  activityConcurrency: ['multi-activity'],
  timerDuration: ['timer'],
  childCount: ['child-workflow'],
  messages: ['signal', 'update', 'update-with-start', 'query'],
  failures: ['retry'],
  chainLength: ['continue-as-new'],
  payloadSize: ['payload'],
  idleDuration: ['idle'],
};

/** Returns the fields that were set to a value other than the default and that nothing would read. */
function withoutEffect(spec: BenchmarkSpec, given: SpecInput): SpecProblem[] {
  const workloads: readonly string[] =
    spec.workload === 'mix' ? (parseMix(spec.mix ?? '') ?? []).map(({ workload }) => workload) : [spec.workload];
  const unread = (Object.keys(WORKLOADS_WITH) as FieldName[])
    .filter((field) => isChanged(field, given) && !WORKLOADS_WITH[field]!.some((name) => workloads.includes(name)))
    .map((field) => problemOf(field, spec, 'requires', `\`workload\` ${WORKLOADS_WITH[field]!.join(' or ')}`));
  const replaced = (fields: readonly FieldName[], isReplaced: boolean, expected: string) =>
    fields
      .filter((field) => isReplaced && isChanged(field, given))
      .map((field) => problemOf(field, spec, 'cannot be used with', expected));
  const hasOwnWorkers = spec.generatorOnly || spec.workload === 'external';
  const aborts = [spec.abortOnErrorRate, spec.abortOnP99, spec.abortOnBacklogAge].some((limit) => limit !== undefined);
  const missing: SpecProblem[] = [];
  if (isChanged('stopOnFail', given) && spec.stages === undefined)
    missing.push(problemOf('stopOnFail', spec, 'requires', '`stages`'));
  if (isChanged('abortWindow', given) && !aborts)
    missing.push(problemOf('abortWindow', spec, 'requires', '`abortOnErrorRate`, `abortOnP99` or `abortOnBacklogAge`'));
  return [
    ...unread,
    ...replaced(
      ['executor', 'hosts', 'hostSlots', 'hostPollers'],
      hasOwnWorkers,
      'your own workers: the run executes no workflows',
    ),
    ...(['hosts', 'hostSlots', 'hostPollers'] as const)
      .filter((field) => executorOf(spec) === 'lean' && isChanged(field, given))
      .map((field) => problemOf(field, spec, 'requires', '`executor` sdk')),
    ...replaced(
      ['deleteNamespace', 'retention'],
      spec.namespace !== undefined,
      '`namespace`: the run registers no namespace',
    ),
    ...missing,
  ];
}

function problemOf(
  field: FieldName,
  spec: BenchmarkSpec,
  relation: 'requires' | 'cannot be used with',
  expected: string,
): SpecProblem {
  return { field, value: spec[field], relation, expected };
}

/** A hold without a single arrival measures nothing. */
function emptyHolds(spec: BenchmarkSpec): SpecProblem[] {
  const field = spec.stages === undefined ? 'duration' : 'hold';
  const holdMs = durationMs(spec[field]) - (spec.stages === undefined ? durationMs(spec.rampUp) : 0);
  const lowestRate = Math.min(...(spec.stages ?? [spec.rate]));
  if (holdMs <= 0 || (lowestRate * holdMs) / 1000 >= 1) return [];
  const enough = formatDuration(Math.ceil(1 / lowestRate + (durationMs(spec[field]) - holdMs) / 1000) * 1000);
  return [{ field, value: spec[field], expected: `at least ${enough}: a hold has no arrival at ${lowestRate}/s` }];
}

function warmUp(spec: BenchmarkSpec): SpecProblem[] {
  if (!spec.warmUp || spec.iterations > 1 || spec.stages !== undefined) return [];
  const expected = '`iterations` of at least 2: the first one is the warm-up';
  return [{ field: 'warmUp', value: true, relation: 'requires', expected }];
}

/** A workflow that is deleted before the run ends would be missing from the server's count. */
function retention(spec: BenchmarkSpec): SpecProblem[] {
  const loadMs =
    spec.stages === undefined
      ? durationMs(spec.duration) * spec.iterations
      : durationMs(spec.rampUp) + spec.stages.length * durationMs(spec.hold);
  const longestMs = loadMs * spec.stepAttempts + durationMs(spec.completionTimeout);
  if (spec.namespace !== undefined || longestMs < durationMs(spec.retention)) return [];
  const longest = formatDuration(Math.ceil(longestMs / 60_000) * 60_000);
  const expected = `more than the longest time that the run can take (${longest})`;
  return [{ field: 'retention', value: spec.retention, expected }];
}
