import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Argv } from 'yargs';
import { badConfiguration, CliError } from '../../cli/errors';
import type { BenchmarkResult } from '../../report/result-schema';
import { renderText } from '../../report/text';
import { parseDuration } from '../../spec/duration';
import { clientsFor } from './clients';
import { readDeployment, withDeploymentOptions } from './deployment';
import { readResults } from './results';

export const command = 'get-benchmark-results <env> [run]';
export const describe = 'Read the result of a run from CloudWatch Logs';

export function builder(yargs: Argv) {
  return withDeploymentOptions(yargs)
    .positional('run', {
      type: 'string',
      describe: 'Workflow id, run id or task id of the run (default: the latest run)',
    })
    .option('latest', { type: 'boolean', default: false, describe: 'Read the latest result (the default)' })
    .option('since', {
      type: 'string',
      requiresArg: true,
      default: '7d',
      describe: 'Age of the oldest log lines to read',
    })
    .option('out', {
      type: 'string',
      requiresArg: true,
      describe: 'Folder for result.json (default: benchmark-results/<run>)',
    })
    .option('json', {
      type: 'boolean',
      default: false,
      describe: 'Print the figures as JSON and write no file',
    })
    .option('full', {
      type: 'boolean',
      default: false,
      describe: 'With --json: print the whole result with steps and series',
    })
    .option('dry-run', {
      type: 'boolean',
      default: false,
      describe: 'Print where the results would be read, and read nothing',
    });
}

export async function handler(argv: Readonly<Record<string, unknown>>): Promise<number> {
  const deployment = readDeployment(argv);
  const sinceMs = parseDuration(String(argv.since));
  if (sinceMs === undefined)
    throw badConfiguration(`--since is ${JSON.stringify(argv.since)}; give a duration such as 2h or 7d`);
  if (argv.latest && argv.run !== undefined) throw badConfiguration('give either `--latest` or a run, not both');
  if (argv.dryRun) {
    process.stdout.write(
      `read results of the last ${String(argv.since)} from ${deployment.log_group} (${deployment.region})\n`,
    );
    return 0;
  }
  const clients = clientsFor(deployment);
  const name = argv.run === undefined ? undefined : String(argv.run);
  const isTask = name !== undefined && /^[0-9a-f]{32}$/.test(name);
  const results = await readResults(clients, deployment, {
    sinceMs: Date.now() - sinceMs,
    streamPrefix: isTask ? `run/${deployment.container}/${name}` : undefined,
  });
  const result = results
    .filter(({ workflowId, runId }) => name === undefined || isTask || workflowId === name || runId === name)
    .sort((a, b) => a.timestamp.localeCompare(b.timestamp))
    .at(-1);
  if (!result) {
    const known = [...new Set(results.map(({ workflowId }) => workflowId))].join(', ') || 'none';
    throw new CliError(
      `no result${name === undefined ? '' : ` of ${name}`} from the last ${String(argv.since)} in ${deployment.log_group}; runs with a result: ${known}`,
    );
  }
  deliver(result, argv);
  return 0;
}

function deliver(result: BenchmarkResult, argv: Readonly<Record<string, unknown>>): void {
  if (argv.json) {
    const { series: _series, steps: _steps, ...figures } = result;
    process.stdout.write(`${JSON.stringify(argv.full ? result : figures)}\n`);
    return;
  }
  const dir = argv.out === undefined ? join('benchmark-results', result.runId) : String(argv.out);
  mkdirSync(dir, { recursive: true });
  const file = resolve(join(dir, 'result.json'));
  writeFileSync(file, `${JSON.stringify(result, null, 2)}\n`);
  process.stdout.write(`${renderText(result, file)}\n`);
}
