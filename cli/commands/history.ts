import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { ArgumentsCamelCase, Argv } from 'yargs';
import { historyCsv, historyRow, renderHistory, type HistoryRow } from '../../report/history';
import { RESULTS } from '../deliver';
import { badConfiguration, CliError } from '../errors';
import { readResult } from '../read-result';

export const command = 'history [folder]';
export const describe = 'List the results in a folder, with their figures over time';

/** How deep result.json files are searched for. */
const DEPTH = 3;

export function builder(yargs: Argv) {
  return yargs
    .positional('folder', { type: 'string', describe: `Folder with results (default: ${RESULTS})` })
    .option('output', {
      alias: 'o',
      requiresArg: true,
      choices: ['text', 'csv', 'jsonl'] as const,
      default: 'text',
      describe: 'What to print on stdout: tables, CSV, or a JSON object per line',
    });
}

export function handler(argv: ArgumentsCamelCase<Record<string, unknown>>): Promise<number> {
  const folder = String(argv.folder ?? RESULTS);
  if (!existsSync(folder) || !statSync(folder).isDirectory()) {
    const isDefault = argv.folder === undefined ? '; name the folder with the results: benchmark history FOLDER' : '';
    throw badConfiguration(`the folder ${JSON.stringify(folder)} does not exist${isDefault}`);
  }
  const rows = resultFiles(folder, DEPTH)
    .flatMap(readRow)
    .sort((a, b) => a.timestamp.localeCompare(b.timestamp));
  process.stdout.write(render(rows, argv.output as 'text' | 'csv' | 'jsonl'));
  return Promise.resolve(0);
}

function render(rows: readonly HistoryRow[], output: 'text' | 'csv' | 'jsonl'): string {
  if (output === 'csv') return historyCsv(rows);
  return output === 'jsonl' ? rows.map((row) => `${JSON.stringify(row)}\n`).join('') : renderHistory(rows);
}

function resultFiles(folder: string, depth: number): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return depth > 1 ? resultFiles(path, depth - 1) : [];
    return entry.name.endsWith('.json') && entry.name !== 'comparison.json' ? [path] : [];
  });
}

/** Skips a file that is no result, and reports it on stderr. */
function readRow(file: string): HistoryRow[] {
  try {
    return [historyRow(readResult('result file', file), file)];
  } catch (err) {
    if (!(err instanceof CliError)) throw err;
    process.stderr.write(`Skipped: ${err.message}\n`);
    return [];
  }
}
