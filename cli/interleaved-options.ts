import { existsSync } from 'node:fs';
import yargs, { type Argv } from 'yargs';
import { counted } from '../measurement/format/numbers';
import { subjectDifferences } from '../report/compare/differences';
import { joinLayers } from '../spec/layers';
import { fieldNames, MAX_ITERATIONS } from '../spec/table';
import { badConfiguration } from './errors';
import { invalidSetting, readSetting, toWholeNumber } from './settings';
import { givenLayers } from './spec-options';
import { checkRun, withStartOptions, type CheckedRun } from './start-run';

type Flags = Readonly<Record<string, unknown>>;

const DEFAULT_ITERATIONS = 5;
/** The options of a run that have no effect on one that is repeated. */
const REFUSED = ['attach', 'measured'] as const;

/** Adds the options of `benchmark run` that its repetitions have. Those of a spec are not in the help. */
export function withInterleavedOptions<T>(yargs: Argv<T>): Argv<T> {
  const hidden = fieldNames.filter((name) => name !== 'iterations');
  return withStartOptions(yargs as Argv, hidden) as Argv<T>;
}

/** Throws a configuration error that names the options of a run, if no run is to be started. */
export function refuseStartOptions(argv: Flags): void {
  const { key } = (
    withStartOptions(yargs([])) as unknown as { getOptions(): { key: Record<string, unknown> } }
  ).getOptions();
  const set = [...Object.keys(key), 'out'].filter(
    (flag) => flag.length > 1 && argv[flag] !== undefined && argv[flag] !== false,
  );
  if (set.length > 0)
    throw badConfiguration(set.map((flag) => `--${flag} requires --run or --calibrate: runs to start`).join('\n'));
}

/** What is run: both sides, checked, and how often each. */
export interface InterleavedRuns {
  readonly base: CheckedRun;
  readonly new: CheckedRun;
  /** Runs of each side. */
  readonly count: number;
}

/**
 * Reads the two sides of `--run`: two spec files, or two addresses of targets with one load. Throws a configuration error if
 * they cannot be compared. Contacts nothing.
 */
export function readSides(argv: Flags): InterleavedRuns {
  const given = (argv.run as string[]).map(String);
  const expected = 'two spec files, or two addresses of targets: --run BASE NEW';
  if (given.length !== 2) throw badConfiguration(`--run has ${counted(given.length, 'value')}; expected ${expected}`);
  const areAddresses = given.every((one) => !existsSync(one) && /^[^/\s]+:\d+$/.test(one));
  const other = areAddresses ? 'address' : 'spec';
  if (argv[other] !== undefined)
    throw badConfiguration(`--${other} cannot be used with --run, which has that of each side`);
  const [base, changed] = given.map((one) => read({ ...argv, [other]: one }, one)) as [Side, Side];
  const [a, b] = [base, changed].map(({ checked, name }) => ({ name, config: { ...checked.launch.spec } }));
  const differences = subjectDifferences(a!, b!);
  if (differences.length > 0)
    throw badConfiguration(`--run: ${differences.join('; ')}; expected the same load on both sides`);
  refuseSharedMetrics(base.checked, changed.checked);
  return { base: base.checked, new: changed.checked, count: countOf(argv) };
}

/** Reads what `--calibrate` runs on both sides. Throws a configuration error if it is invalid. Contacts nothing. */
export function readCalibration(argv: Flags): InterleavedRuns {
  const { checked } = read(argv, 'the load');
  const count = countOf(argv);
  if (count < 2) throw invalidSetting('--iterations', count, 'at least 2: a single run shows no noise');
  return { base: checked, new: checked, count };
}

interface Side {
  readonly name: string;
  readonly checked: CheckedRun;
}

function read(argv: Flags, name: string): Side {
  for (const flag of REFUSED)
    if (argv[flag] !== undefined) throw badConfiguration(`--${flag} cannot be used with --run or --calibrate`);
  // Each run has one iteration, or one staircase. A warm-up is an iteration before it.
  const { stages, warmUp } = joinLayers(givenLayers(argv, process.env)).input;
  const iterations = stages === undefined ? (warmUp === true ? '2' : '1') : undefined;
  return { name, checked: { ...checkRun({ ...argv, iterations }), attach: false } };
}

function countOf(argv: Flags): number {
  const setting = readSetting(argv, 'iterations', ['BENCHMARK_ITERATIONS']);
  return setting ? toWholeNumber(setting.name, setting.value, 1, MAX_ITERATIONS) : DEFAULT_ITERATIONS;
}

/** Pages of metrics belong to one target. */
function refuseSharedMetrics(base: CheckedRun, changed: CheckedRun): void {
  const addressOf = ({ connections, launch }: CheckedRun) =>
    [connections.target?.address, launch.spec.targetProfile].join();
  if (addressOf(base) === addressOf(changed)) return;
  const { env } = base.connections;
  const names = ['BENCHMARK_SERVER_METRICS', 'BENCHMARK_SERVER_PROMETHEUS', 'BENCHMARK_SERVER_DSQL_CLUSTER'];
  const set = names.filter((name) => env[name]);
  if (set.length > 0)
    throw badConfiguration(`--run has two targets, and ${set.join(', ')} belongs to one; remove the setting`);
}
