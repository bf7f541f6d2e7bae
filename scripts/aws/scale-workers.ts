import type { Argv } from 'yargs';
import { badConfiguration } from '../../cli/errors';
import { parseDuration } from '../../spec/duration';
import { clientsFor } from './clients';
import { readDeployment, withDeploymentOptions, type Deployment } from './deployment';
import { awaitScale, describeServices, namesOf, progressOf, scale, type Scale } from './services';

export const command = 'scale-workers <env> <to> [count]';
export const describe = 'Scale the load worker tasks, and the control worker with them';

export function builder(yargs: Argv) {
  return withDeploymentOptions(yargs)
    .positional('to', {
      type: 'string',
      demandOption: true,
      describe: 'up, down, status, or a number of load worker tasks',
    })
    .positional('count', {
      type: 'string',
      describe: 'With up: number of load worker tasks (default: load_task_count)',
    })
    .option('wait-timeout', {
      type: 'string',
      requiresArg: true,
      default: '15m',
      describe: 'Longest wait for the tasks to start',
    })
    .option('poll-every', {
      type: 'string',
      requiresArg: true,
      default: '5s',
      describe: 'Interval between requests to AWS',
    })
    .option('dry-run', { type: 'boolean', default: false, describe: 'Print the changes without making them' });
}

export async function handler(argv: Readonly<Record<string, unknown>>): Promise<number> {
  const deployment = readDeployment(argv);
  const clients = clientsFor(deployment);
  if (argv.to === 'status') {
    for (const service of await describeServices(clients, deployment)) process.stdout.write(`${progressOf(service)}\n`);
    return 0;
  }
  const scales = scalesOf(loadTasksOf(argv, deployment), deployment);
  if (argv.dryRun) {
    process.stdout.write(`${scales.map(({ service, desired }) => `scale ${service} to ${desired}`).join('\n')}\n`);
    return 0;
  }
  await scale(clients, deployment, scales);
  const [timeoutMs, everyMs] = [parseDuration(String(argv.waitTimeout)), parseDuration(String(argv.pollEvery))];
  if (!timeoutMs || !everyMs)
    throw badConfiguration('`--wait-timeout` and `--poll-every` require durations such as 90s');
  const print = (line: string) => void process.stderr.write(`${line}\n`);
  await awaitScale(clients, deployment, { timeoutMs, everyMs, print });
  return 0;
}

function loadTasksOf({ to, count }: Readonly<Record<string, unknown>>, { load_task_count: most }: Deployment): number {
  if (to === 'down') return 0;
  const text = to === 'up' ? String(count ?? most) : String(to);
  const tasks = Number(text);
  if (/^\d+$/.test(text) && tasks <= most) return tasks;
  throw badConfiguration(
    `${JSON.stringify(text)} is not a scale; give up, down, status or a number from 0 to ${most} (load_task_count in Terraform)`,
  );
}

/** Without load worker tasks, the other services scale to zero too. */
function scalesOf(loadTasks: number, deployment: Deployment): Scale[] {
  return namesOf(deployment).map((service) => ({
    service,
    desired: service === deployment.load_service ? loadTasks : Math.min(1, loadTasks),
  }));
}
