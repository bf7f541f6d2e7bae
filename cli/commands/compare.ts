import type { ArgumentsCamelCase, Argv } from 'yargs';
import type { Comparison } from '../../report/compare/compare-results';
import { compareSearches, type SearchComparison } from '../../report/compare/compare-searches';
import { renderComparison } from '../../report/compare/compare-text';
import { renderSearches } from '../../report/compare/searches-text';
import { EXIT } from '../../report/exit-codes';
import type { BenchmarkResult } from '../../report/result-schema';
import { calibrate, compareRuns } from '../compare-runs';
import { compareOrRefuse, limitSettings, orRefuse, withLimitOptions, type LimitSettings } from '../comparison-options';
import { badConfiguration } from '../errors';
import { refuseStartOptions, withInterleavedOptions } from '../interleaved-options';
import { readResult } from '../read-result';

export const command = 'compare [files..]';
export const describe = 'Compare results: what became slower or faster, and whether that is more than noise';

export function builder(yargs: Argv) {
  return withInterleavedOptions(withLimitOptions(yargs))
    .usage(
      `$0 compare BASE.json NEW.json
$0 compare --base BASE.json … --new NEW.json …
$0 compare --run BASE.yaml NEW.yaml
$0 compare --run BASE-ADDRESS NEW-ADDRESS
$0 compare --calibrate

--run and --calibrate start runs and accept the options of benchmark run. The exit code is 98 for a regression.`,
    )
    .positional('files', { type: 'string', array: true, describe: 'result.json of the base, and of the new run' })
    .option('base', {
      type: 'string',
      array: true,
      requiresArg: true,
      describe: 'result.json of the base; several for more iterations',
    })
    .option('new', { type: 'string', array: true, requiresArg: true, describe: 'result.json to compare with the base' })
    .option('run', {
      type: 'string',
      array: true,
      requiresArg: true,
      group: 'Runs:',
      describe: 'Run two spec files, or one load on two targets (host:port), alternately, and compare them',
    })
    .option('calibrate', {
      type: 'boolean',
      group: 'Runs:',
      describe:
        'Run one load on both sides, alternately, and store how much the results differ: the noise floor of this load, machine and target (default: false)',
    })
    .option('out', {
      type: 'string',
      requiresArg: true,
      group: 'Runs:',
      describe: 'Folder for the results of the runs and comparison.json (default: benchmark-results/compare-<time>)',
    })
    .option('output', {
      alias: 'o',
      requiresArg: true,
      choices: ['text', 'json'] as const,
      default: 'text',
      describe: 'What to print on stdout: a table, or only the comparison as JSON',
    });
}

export async function handler(argv: ArgumentsCamelCase<Record<string, unknown>>): Promise<number> {
  if (argv.run !== undefined || argv.calibrate) {
    refuseFiles(argv);
    return argv.calibrate ? await calibrate(argv) : await compareRuns(argv);
  }
  refuseStartOptions(argv);
  const limits = limitSettings(argv);
  const { base, changed } = filesOf(argv);
  const results = {
    base: base.map((file) => readResult('base', file)),
    changed: changed.map((file) => readResult('new', file)),
  };
  const [comparison, text] = compared(results, limits);
  process.stdout.write(`${argv.output === 'json' ? JSON.stringify(comparison) : text}\n`);
  return comparison.outcome === 'REGRESSION' ? EXIT.regression : EXIT.passed;
}

/** Throws a configuration error if results are named, or more than one kind of runs. */
function refuseFiles(argv: Readonly<Record<string, unknown>>): void {
  const what = argv.run === undefined ? '--calibrate' : '--run';
  if (argv.run !== undefined && argv.calibrate) throw badConfiguration('--calibrate cannot be used with --run');
  const named = ['base', 'new'].filter((flag) => argv[flag] !== undefined).map((flag) => `--${flag}`);
  const files = (argv.files as string[] | undefined) ?? [];
  if (named.length + files.length > 0)
    throw badConfiguration(`${[...named, ...files].join(', ')} cannot be used with ${what}, which runs both sides`);
}

type Sides = Readonly<Record<'base' | 'changed', readonly BenchmarkResult[]>>;

/** Compares runs with runs, or searches with searches. */
function compared({ base, changed }: Sides, limits: LimitSettings): [Comparison | SearchComparison, string] {
  if ([...base, ...changed].some(({ capacity }) => capacity !== undefined)) {
    const comparison = orRefuse(() => compareSearches(base, changed, limits.tolerance));
    return [comparison, renderSearches(comparison)];
  }
  const comparison = compareOrRefuse(base, changed, limits);
  return [comparison, renderComparison(comparison)];
}

function filesOf(argv: Readonly<Record<string, unknown>>): { base: string[]; changed: string[] } {
  const list = (key: string) => ((argv[key] as string[] | undefined) ?? []).map(String);
  const [files, base, changed] = [list('files'), list('base'), list('new')];
  if (files.length === 2 && base.length + changed.length === 0) return { base: [files[0]!], changed: [files[1]!] };
  if (files.length === 0 && base.length > 0 && changed.length > 0) return { base, changed };
  throw badConfiguration(
    'compare requires two files, or --base and --new with one or more files each: benchmark compare BASE.json NEW.json',
  );
}
