import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Argv } from 'yargs';
import { badConfiguration, CliError } from '../../cli/errors';
import type { BenchmarkResult } from '../../report/result-schema';
import { reportPage } from '../../cli/report-page';
import { renderText } from '../../report/text';
import { parseDuration } from '../../spec/duration';
import { clientsFor } from './clients';
import { readDeployment, withDeploymentOptions, type Deployment } from './deployment';
import { readLog, readResults } from './results';
import { describeTask } from './task-status';

export const command = 'get-benchmark-results <env> [run]';
export const describe = 'Read the result of a run from CloudWatch Logs';

export function builder(yargs: Argv) {
  const text = (describe: string) => ({ type: 'string', requiresArg: true, describe }) as const;
  const flag = (describe: string) => ({ type: 'boolean', default: false, describe }) as const;
  return withDeploymentOptions(yargs)
    .positional('run', {
      type: 'string',
      describe: 'Workflow ID, run ID or task ID of the run (default: the latest run)',
    })
    .option('task-id', text('Read the result of this ECS task'))
    .option('task-arn', text('Read the result of this ECS task'))
    .option('latest', flag('Read the latest result (the default)'))
    .option('since', { ...text('Age of the oldest log lines to read'), default: '7d' })
    .option('out', text('Folder for result.json and report.html (default: benchmark-results/<run>)'))
    .option('json', flag('Print the figures as JSON and write no file'))
    .option('summary', flag('Print the summary and write no file'))
    .option(
      'full',
      flag('Print the status and the whole log of the task, too; with --json: the whole result with steps and series'),
    )
    .option('dry-run', flag('Print where the results would be read, and read nothing'));
}

export async function handler(argv: Readonly<Record<string, unknown>>): Promise<number> {
  const deployment = readDeployment(argv);
  const age = parseDuration(String(argv.since));
  if (age === undefined)
    throw badConfiguration(`--since is ${JSON.stringify(argv.since)}; give a duration such as 2h or 7d`);
  const selected = selection(argv);
  if (argv.dryRun) {
    process.stdout.write(
      `read results of the last ${String(argv.since)} from ${deployment.log_group} (${deployment.region})\n`,
    );
    return 0;
  }
  const clients = clientsFor(deployment);
  const sinceMs = Date.now() - age;
  const streams = selected.task === undefined ? [undefined] : streamsOf(deployment, selected.task);
  if (argv.full === true && argv.json !== true) {
    if (selected.task === undefined) throw badConfiguration('--full without --json requires a task; give --task-id');
    process.stdout.write(`${await describeTask(clients, deployment, selected.task)}\n`);
    for (const streamPrefix of streams)
      for (const line of await readLog(clients, deployment, { sinceMs, streamPrefix }))
        process.stdout.write(`${line}\n`);
  }
  const found: BenchmarkResult[] = [];
  for (const streamPrefix of streams)
    found.push(...(await readResults(clients, deployment, { sinceMs, streamPrefix })));
  const result = found
    .filter(({ workflowId, runId }) => selected.run === undefined || [workflowId, runId].includes(selected.run))
    .sort((a, b) => a.timestamp.localeCompare(b.timestamp))
    .at(-1);
  if (!result) {
    const known = [...new Set(found.map(({ workflowId }) => workflowId))].join(', ') || 'none';
    const name = selected.run ?? selected.task;
    throw new CliError(
      `no result${name === undefined ? '' : ` of ${name}`} from the last ${String(argv.since)} in ${deployment.log_group}; runs with a result: ${known}`,
    );
  }
  deliver(result, argv);
  return 0;
}

/** Returns the run or the task that the arguments name. A positional argument of 32 hexadecimal digits is a task ID. */
function selection(argv: Readonly<Record<string, unknown>>): { readonly run?: string; readonly task?: string } {
  const named = ['run', 'taskId', 'taskArn'].filter((name) => argv[name] !== undefined);
  if (named.length > 1 || (argv.latest && named.length > 0))
    throw badConfiguration('give one of a run, --task-id, --task-arn and --latest');
  const [name] = named;
  if (name === undefined) return {};
  const value = String(argv[name]);
  const task = value.split('/').at(-1)!;
  const isTask = /^[0-9a-f]{32}$/.test(task);
  if (name === 'run') return isTask ? { task } : { run: value };
  if (isTask) return { task };
  throw badConfiguration(
    `--${name === 'taskId' ? 'task-id' : 'task-arn'} is ${JSON.stringify(value)}; give 32 hexadecimal digits, or an ARN that ends with them`,
  );
}

/** A run is executed by a task started by hand or by a task of the control service. */
function streamsOf({ container }: Deployment, task: string): string[] {
  return ['run', 'control'].map((role) => `${role}/${container}/${task}`);
}

function deliver(result: BenchmarkResult, argv: Readonly<Record<string, unknown>>): void {
  if (argv.json) {
    const { series: _series, steps: _steps, ...figures } = result;
    process.stdout.write(`${JSON.stringify(argv.full ? result : figures)}\n`);
    return;
  }
  if (argv.summary) {
    process.stdout.write(`${renderText(result)}\n`);
    return;
  }
  const dir = argv.out === undefined ? join('benchmark-results', result.runId) : String(argv.out);
  mkdirSync(dir, { recursive: true });
  const file = resolve(join(dir, 'result.json'));
  writeFileSync(file, `${JSON.stringify(result, null, 2)}\n`);
  writeFileSync(join(dir, 'report.html'), reportPage([result]));
  process.stdout.write(`${renderText(result, { file })}\n`);
}
