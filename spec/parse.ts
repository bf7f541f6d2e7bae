import { z } from 'zod';
import { durationMs, formatDuration } from './duration';
import type { Field } from './fields';
import { fieldNames, flagOf, table, type FieldName, type Table } from './table';

// The workflow sandbox forbids building functions from text, which zod would otherwise try.
z.config({ jitless: true });

export type { WorkloadName } from './table';

type Defaulted = { [N in FieldName]: Table[N] extends { readonly default: unknown } ? N : never }[FieldName];
type Value<N extends FieldName> = z.output<Table[N]['schema']>;

/**
 * A checked spec, in the form people write it: durations stay text. It is plain JSON, so that the `config` of a
 * result can be given to `--spec` again.
 */
export type BenchmarkSpec = SpecAsGiven & { readonly rampUp: string };

type SpecAsGiven = { readonly [N in Defaulted]: Value<N> } & {
  readonly [N in Exclude<FieldName, Defaulted>]?: Value<N>;
};

/** A spec as it comes in: any part of it, unchecked. */
export type SpecInput = Readonly<Record<string, unknown>>;

/** The schema of a spec: strict, every field with its default on a real cluster. */
export const specSchema = z
  .strictObject(
    Object.fromEntries(
      fieldNames.map((name) => {
        const field: Field = table[name];
        const described = field.schema.describe(`${field.help}. Allowed: ${field.expected}.`);
        return [name, field.default === undefined ? described.optional() : described.prefault(field.default)];
      }),
    ),
  )
  .describe('What a benchmark run is told. Every field may be left out.') as unknown as z.ZodType<
  SpecAsGiven,
  SpecInput
>;

/** One thing wrong with a spec: the field, the value it has, what is expected, and where the value came from. */
export interface SpecProblem {
  readonly field: string;
  readonly value: unknown;
  readonly expected: string;
  readonly source?: string;
}

export type ParsedSpec =
  | { readonly ok: true; readonly spec: BenchmarkSpec }
  | { readonly ok: false; readonly problems: readonly SpecProblem[] };

/**
 * Checks a spec and fills in the defaults. Reports every problem at once.
 *
 * @param sources where each field came from, e.g. `--rate`, for the messages
 */
export function parseSpec(input: unknown, sources: Readonly<Record<string, string>> = {}): ParsedSpec {
  const raw = input ?? {};
  if (typeof raw !== 'object' || Array.isArray(raw)) {
    return {
      ok: false,
      problems: [{ field: 'spec', value: raw, expected: 'an object with fields of a benchmark spec' }],
    };
  }
  const given = raw as Record<string, unknown>;
  const parsed = specSchema.safeParse(given);
  const spec = parsed.success ? withRampUp(parsed.data) : undefined;
  const problems = parsed.success ? crossChecks(spec!, given) : fieldProblems(parsed.error, given);
  if (problems.length === 0 && spec) return { ok: true, spec };
  return { ok: false, problems: problems.map((problem) => ({ source: sources[problem.field], ...problem })) };
}

function withRampUp(spec: SpecAsGiven): BenchmarkSpec {
  const wholeMs = durationMs(spec.stages === undefined ? spec.duration : spec.hold);
  return { ...spec, rampUp: spec.rampUp ?? formatDuration(Math.min(30_000, Math.floor(wholeMs / 6))) };
}

/** The text every entrance shows for a bad spec: one line a problem. */
export function describeProblems(problems: readonly SpecProblem[]): string {
  return problems
    .map(({ field, value, expected, source }) => {
      const from = source === undefined ? '' : ` (from ${source})`;
      if (value === undefined) return `${field}: it is missing; give ${expected}`;
      return `${field}: ${JSON.stringify(value)}${from} is invalid; expected ${expected}`;
    })
    .join('\n');
}

function fieldProblems(error: z.ZodError, given: Record<string, unknown>): SpecProblem[] {
  const problems = new Map<string, SpecProblem>();
  for (const issue of error.issues) {
    const names = issue.code === 'unrecognized_keys' ? issue.keys : [String(issue.path[0])];
    for (const field of names) problems.set(field, { field, value: given[field], expected: allowedFor(field) });
  }
  // The fields that are right may contradict each other all the same: report that too, at once.
  const sound = Object.fromEntries(Object.entries(given).filter(([field]) => !problems.has(field)));
  const rest = specSchema.safeParse(sound);
  const contradictions = rest.success ? crossChecks(withRampUp(rest.data), sound) : [];
  const related = (problem: SpecProblem) => crossFields(problem.field).some((field) => problems.has(field));
  return [...problems.values(), ...contradictions.filter((problem) => !related(problem))];
}

function allowedFor(field: string): string {
  if (field in table) return table[field as FieldName].expected;
  const near = fieldNames.find((name) => flagOf(name).replace(/-/g, '') === field.toLowerCase().replace(/[-_]/g, ''));
  return near ? `it the name ${near}` : `only fields of a spec: ${fieldNames.join(', ')}`;
}

/** The fields a contradiction rests on: where one of them is wrong by itself, the contradiction is not reported. */
function crossFields(field: string): readonly string[] {
  if (field === 'rampUp' || field === 'retention') return ['rampUp', 'duration', 'hold', 'stages', 'retention'];
  return [field];
}

/** Whether a field was given something else than its default: the config of a result names the defaults too. */
function differs(field: FieldName, given: Record<string, unknown>): boolean {
  return given[field] !== undefined && given[field] !== (table[field] as Field).default;
}

function crossChecks(spec: BenchmarkSpec, given: Record<string, unknown>): SpecProblem[] {
  const problems: SpecProblem[] = [];
  const wholeMs = durationMs(spec.duration);
  const rampUpMs = durationMs(spec.rampUp);
  if (spec.stages === undefined && rampUpMs >= wholeMs) {
    const expected = `a duration shorter than the run's (${spec.duration}), in which it lies`;
    problems.push({ field: 'rampUp', value: spec.rampUp, expected });
  }
  if (spec.stages !== undefined) {
    for (const field of ['rate', 'duration', 'minThroughput', 'iterations', 'warmUp'] as const) {
      if (!differs(field, given)) continue;
      const expected =
        'either this or stages: each hold of a staircase has a rate of its own, lasts as long as hold, needs 90 % of its rate, and is run once';
      problems.push({ field, value: given[field], expected });
    }
  } else if (differs('hold', given)) {
    problems.push({
      field: 'hold',
      value: spec.hold,
      expected: 'it together with stages only; duration is the length of a run',
    });
  }
  problems.push(...workloadProblems(spec));
  if (spec.warmUp && spec.iterations === 1) {
    problems.push({ field: 'warmUp', value: true, expected: 'it with two iterations or more; the first is left out' });
  }
  const loadMs =
    spec.stages === undefined ? wholeMs * spec.iterations : rampUpMs + spec.stages.length * durationMs(spec.hold);
  const longestMs = loadMs * spec.stepAttempts + durationMs(spec.completionTimeout);
  if (spec.namespace === undefined && longestMs >= durationMs(spec.retention)) {
    const expected = `a duration longer than the run can become (${Math.ceil(longestMs / 60_000)}m), or its count would miss workflows`;
    problems.push({ field: 'retention', value: spec.retention, expected });
  }
  return problems;
}

/** Workers of one's own are found where they are: by their namespace and their queue. */
function workloadProblems(spec: BenchmarkSpec): SpecProblem[] {
  const external = spec.workload === 'external';
  const problems: SpecProblem[] = [];
  const need = (field: 'externalType' | 'taskQueue' | 'namespace', expected: string) => {
    if (spec[field] === undefined) problems.push({ field, value: undefined, expected });
  };
  if (external) need('externalType', 'the workflow type that your workers execute');
  if (external || spec.generatorOnly) {
    need('taskQueue', 'the task queue that your workers poll');
    need('namespace', 'the existing namespace that your workers are connected to');
  }
  if (spec.workload === 'mix' && spec.mix === undefined) {
    problems.push({ field: 'mix', value: undefined, expected: 'workloads and weights, such as simple=70,timer=30' });
  }
  if (spec.workload !== 'mix' && spec.mix !== undefined) {
    problems.push({ field: 'mix', value: spec.mix, expected: 'it with the workload mix only' });
  }
  if (!external && (spec.externalType ?? spec.externalInput) !== undefined) {
    const field = spec.externalType === undefined ? 'externalInput' : 'externalType';
    problems.push({ field, value: spec[field], expected: 'it with the workload external only' });
  }
  return problems;
}
