import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { ArgumentsCamelCase, Argv } from 'yargs';
import { outcomeOfClosed } from '../../machine/await-run';
import { hasSearchAttributes } from '../../machine/search-attributes';
import { BENCHMARK_RUN, CAPACITY_SEARCH } from '../../orchestrator/benchmark-types';
import { changesOverTime } from '../../report/compare/changes-over-time';
import { historyCsv, historyRow, renderHistory, type HistoryRow } from '../../report/history';
import { resultSchema, type BenchmarkResult } from '../../report/result-schema';
import { limitSettings, withLimitOptions } from '../comparison-options';
import { readConnections, withControlOptions, type Connections } from '../connection-options';
import { RESULTS } from '../deliver';
import { refuseWithoutControl } from '../effects';
import { badConfiguration, CliError } from '../errors';
import { connectControl } from '../locate';
import { readResult } from '../read-result';
import { invalidSetting } from '../settings';

export const command = 'history [folder]';
export const describe =
  'List the results in a folder or on a control server, with their figures over time and the changes among them';

/** How deep result.json files are searched for. */
const DEPTH = 3;
/** How many runs of a control server are read, at most. */
const MAX_RUNS = 100;

export function builder(yargs: Argv) {
  return withControlOptions(withLimitOptions(yargs))
    .positional('folder', {
      type: 'string',
      describe: `Folder with results (default: ${RESULTS}, without a control server)`,
    })
    .option('output', {
      alias: 'o',
      requiresArg: true,
      choices: ['text', 'csv', 'jsonl'] as const,
      default: 'text',
      describe: 'What to print on stdout: tables, CSV, or a JSON object per line',
    });
}

export async function handler(argv: ArgumentsCamelCase<Record<string, unknown>>): Promise<number> {
  // A calibration is valid for one load, and a history has results of many.
  if (argv.noiseFloor !== undefined && argv.noiseFloor !== 'off')
    throw invalidSetting('--noise-floor', argv.noiseFloor, 'off, which ignores the stored calibrations');
  const limits = limitSettings(argv);
  const connections = readConnections(argv);
  refuseWithoutControl(connections.control !== undefined, argv);
  const folder = argv.folder === undefined ? undefined : String(argv.folder);
  if (connections.control && folder !== undefined)
    throw badConfiguration(
      'the argument [folder] cannot be used with a control server: the results are from one of them',
    );
  const found = connections.control ? await resultsOnControl(connections) : resultsInFolder(folder);
  found.sort((a, b) => a.result.timestamp.localeCompare(b.result.timestamp));
  const changes = changesOverTime(
    found.map(({ result }) => result),
    limits,
  );
  const rows = found.map(({ result, source }) => historyRow(result, source, changes.get(result)));
  process.stdout.write(render(rows, argv.output as 'text' | 'csv' | 'jsonl'));
  return 0;
}

/** A result, and the file or the workflow that it is from. */
interface Found {
  readonly result: BenchmarkResult;
  readonly source: string;
}

function resultsInFolder(given: string | undefined): Found[] {
  const folder = given ?? RESULTS;
  if (!existsSync(folder) || !statSync(folder).isDirectory()) {
    const isDefault = given === undefined ? '; name the folder with the results: benchmark history FOLDER' : '';
    throw badConfiguration(`the folder ${JSON.stringify(folder)} does not exist${isDefault}`);
  }
  return resultFiles(folder, DEPTH).flatMap(readFile);
}

/** Returns the results of the latest runs and searches that have closed in the control namespace. */
async function resultsOnControl(connections: Connections): Promise<Found[]> {
  const { client, connection } = await connectControl(connections);
  const { namespace } = client.options;
  try {
    if (!(await hasSearchAttributes(connection, namespace)))
      process.stderr.write(
        `Note: the namespace ${namespace} has no search attributes for runs, so the Temporal UI cannot filter them; their outcomes are in the memo.\n`,
      );
    const found: Found[] = [];
    const closed = client.workflow.list({
      query: `WorkflowType IN ('${BENCHMARK_RUN}', '${CAPACITY_SEARCH}') AND ExecutionStatus IN ('Completed', 'Failed')`,
      pageSize: MAX_RUNS,
    });
    let seen = 0;
    for await (const { workflowId, runId } of closed) {
      const { result, error } = await outcomeOfClosed(client, workflowId, runId);
      if (result && resultSchema.safeParse(result).success)
        found.push({ result, source: `${namespace}/${workflowId}` });
      else process.stderr.write(`Skipped: ${workflowId}: ${error ?? 'its result is of another version'}\n`);
      seen += 1;
      if (seen < MAX_RUNS) continue;
      process.stderr.write(`Only the latest ${MAX_RUNS} runs are read.\n`);
      break;
    }
    return found;
  } finally {
    await connection.close();
  }
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
function readFile(file: string): Found[] {
  try {
    return [{ result: readResult('result file', file), source: file }];
  } catch (err) {
    if (!(err instanceof CliError)) throw err;
    process.stderr.write(`Skipped: ${err.message}\n`);
    return [];
  }
}
