import { writeFileSync } from 'node:fs';
import type { ArgumentsCamelCase, Argv } from 'yargs';
import { badConfiguration } from '../errors';
import { checkNewFile } from '../out-folder';
import { readResult } from '../read-result';
import { reportPage } from '../report-page';

export const command = 'report <files..>';
export const describe = 'Write a page that shows results';

export function builder(yargs: Argv) {
  return yargs
    .positional('files', { type: 'string', array: true, describe: 'result.json of each run to show' })
    .option('output', {
      alias: 'o',
      type: 'string',
      requiresArg: true,
      default: 'report.html',
      describe: 'File to write: a single HTML file that loads nothing from elsewhere',
    });
}

export function handler(argv: ArgumentsCamelCase<Record<string, unknown>>): Promise<number> {
  const results = (argv.files as readonly string[]).map((file) => readResult('result file', String(file)));
  const file = String(argv.output);
  checkNewFile('--output', file);
  if (/\.json$/i.test(file)) {
    throw badConfiguration(`--output: ${JSON.stringify(file)} is not a page; expected a name such as report.html`);
  }
  writeFileSync(file, reportPage(results));
  process.stdout.write(`${file}\n`);
  return Promise.resolve(0);
}
