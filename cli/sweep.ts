import { join } from 'node:path';
import type { CapacityResult } from '../report/capacity-schema';
import { sloText } from '../report/capacity-sentence';
import { REPLACED_BY_SEARCH } from '../spec/capacity';
import { flagOf, isFieldName } from '../spec/table';
import { invalidSetting } from './settings';

type Flags = Readonly<Record<string, unknown>>;

const MAX_SEARCHES = 10;
const EXPECTED = `an option of the search and 1 to ${MAX_SEARCHES} values, such as lanes=1,2,4`;

/** One search of a sweep. */
export interface SweptSearch {
  /** As a label, e.g. `hosts=2`. */
  readonly value: string;
  readonly flags: Flags;
}

/** Returns the searches of `--sweep`; undefined without it. Throws a configuration error if the option or a value is unknown. */
export function readSweep(argv: Flags): SweptSearch[] | undefined {
  if (argv.sweep === undefined) return undefined;
  const [, given, list] = /^([A-Za-z-]+)=(.+)$/.exec(String(argv.sweep)) ?? [];
  const field = given?.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
  const values = [...new Set((list ?? '').split(',').map((value) => value.trim()))];
  if (field === undefined || !isFieldName(field) || field in REPLACED_BY_SEARCH || values.length > MAX_SEARCHES)
    throw invalidSetting('--sweep', argv.sweep, EXPECTED);
  return values.map((value) => {
    const label = `${flagOf(field)}=${value}`;
    const named = (flag: string, join_: (text: string) => string) =>
      argv[flag] === undefined ? {} : { [flag]: join_(String(argv[flag])) };
    return {
      value: label,
      flags: {
        ...argv,
        [field]: value,
        [flagOf(field)]: value,
        label: [...((argv.label as string[] | undefined) ?? []), label],
        ...named('out', (dir) => join(dir, label)),
        ...named('workflow-id', (id) => `${id}-${label.replace('=', '-')}`),
      },
    };
  });
}

export interface SweepRow {
  readonly value: string;
  readonly capacity: CapacityResult;
}

/** Returns the table of a sweep: a line for each search. */
export function renderSweep(rows: readonly SweepRow[]): string {
  if (rows.length === 0) return '';
  const names = rows[0]!.capacity.goals.map(({ name }) => sloText(name));
  const width = Math.max(...rows.map(({ value }) => value.length));
  const cell = (text: string) => text.padStart(22);
  return [
    '',
    'Capacity by value',
    `  ${''.padEnd(width)} ${names.map(cell).join(' ')}`,
    ...rows.map(
      ({ value, capacity: { goals } }) =>
        `  ${value.padEnd(width)} ${goals.map((goal) => cell(describe(goal))).join(' ')}`,
    ),
    '',
  ].join('\n');
}

function describe({ holds, failsAt, end }: CapacityResult['goals'][number]): string {
  if (holds === null) return 'none';
  return failsAt === null || end === 'generator-limited' ? `at least ${holds}/s` : `${holds}/s to ${failsAt}/s`;
}
