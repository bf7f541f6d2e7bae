import type { ArgumentsCamelCase, Argv } from 'yargs';
import { renderComparison } from '../../report/compare/compare-text';
import { EXIT } from '../../report/exit-codes';
import { compareOrRefuse, toleranceOf, withToleranceOption } from '../comparison-options';
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
  const comparison = compareOrRefuse(
    base.map((file) => readResult('base', file)),
    changed.map((file) => readResult('new', file)),
    tolerance,
  );
  process.stdout.write(`${argv.output === 'json' ? JSON.stringify(comparison) : renderComparison(comparison)}\n`);
  return Promise.resolve(comparison.outcome === 'REGRESSION' ? EXIT.regression : EXIT.passed);
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
