import type { ArgumentsCamelCase, Argv } from 'yargs';
import type { Comparison } from '../../report/compare/compare-results';
import { compareSearches, type SearchComparison } from '../../report/compare/compare-searches';
import { renderComparison } from '../../report/compare/compare-text';
import { renderSearches } from '../../report/compare/searches-text';
import { EXIT } from '../../report/exit-codes';
import type { BenchmarkResult } from '../../report/result-schema';
import { compareOrRefuse, orRefuse, toleranceOf, withToleranceOption } from '../comparison-options';
import { badConfiguration } from '../errors';
import { readResult } from '../read-result';

export const command = 'compare [files..]';
export const describe = 'Compare results: what became slower or faster, and whether that is more than noise';

export function builder(yargs: Argv) {
  return withToleranceOption(yargs)
    .usage(
      '$0 compare BASE.json NEW.json\n$0 compare --base BASE.json … --new NEW.json …\n\nThe exit code is 98 for a regression.',
    )
    .positional('files', { type: 'string', array: true, describe: 'result.json of the base, and of the new run' })
    .option('base', {
      type: 'string',
      array: true,
      requiresArg: true,
      describe: 'result.json of the base; several for more iterations',
    })
    .option('new', { type: 'string', array: true, requiresArg: true, describe: 'result.json to compare with the base' })
    .option('output', {
      alias: 'o',
      requiresArg: true,
      choices: ['text', 'json'] as const,
      default: 'text',
      describe: 'What to print on stdout: a table, or only the comparison as JSON',
    });
}

export function handler(argv: ArgumentsCamelCase<Record<string, unknown>>): Promise<number> {
  const tolerance = toleranceOf(argv);
  const { base, changed } = filesOf(argv);
  const results = {
    base: base.map((file) => readResult('base', file)),
    changed: changed.map((file) => readResult('new', file)),
  };
  const [comparison, text] = compared(results, tolerance);
  process.stdout.write(`${argv.output === 'json' ? JSON.stringify(comparison) : text}\n`);
  return Promise.resolve(comparison.outcome === 'REGRESSION' ? EXIT.regression : EXIT.passed);
}

type Sides = Readonly<Record<'base' | 'changed', readonly BenchmarkResult[]>>;

/** Compares runs with runs, or searches with searches. */
function compared({ base, changed }: Sides, tolerance: number): [Comparison | SearchComparison, string] {
  if ([...base, ...changed].some(({ capacity }) => capacity !== undefined)) {
    const comparison = orRefuse(() => compareSearches(base, changed, tolerance));
    return [comparison, renderSearches(comparison)];
  }
  const comparison = compareOrRefuse(base, changed, tolerance);
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
