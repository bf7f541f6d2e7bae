import type { Argv } from 'yargs';
import { badConfiguration } from '../../cli/errors';
import { parseDuration } from '../../spec/duration';
import { clientsFor } from './clients';
import { readDeployment, withDeploymentOptions, type Deployment } from './deployment';
import { awaitScale, describeServices, namesOf, progressOf, scale, type Scale } from './services';

export const command = 'scale-workers <env> <to> [count]';
export const describe = 'Scale the load workers, and with them the control worker: a number, up [N], down or status';

export function builder(yargs: Argv) {
  return withDeploymentOptions(yargs)
    .positional('to', { type: 'string', demandOption: true, describe: 'A number of load workers, up, down or status' })
    .positional('count', { type: 'string', describe: 'After up: how many (default: worker_count)' })
    .option('wait-timeout', {
      type: 'string',
      requiresArg: true,
      default: '15m',
      describe: 'How long to wait for tasks to come up',
    })
    .option('poll-every', { type: 'string', requiresArg: true, default: '5s', describe: 'How often AWS is asked' })
    .option('dry-run', { type: 'boolean', default: false, describe: 'Print what would be done, and do nothing' });
}

export async function handler(argv: Readonly<Record<string, unknown>>): Promise<number> {
  const deployment = readDeployment(argv);
  const clients = clientsFor(deployment);
  if (argv.to === 'status') {
    for (const service of await describeServices(clients, deployment)) process.stdout.write(`${progressOf(service)}\n`);
    return 0;
  }
  const scales = scalesOf(workersOf(argv, deployment), deployment);
  if (argv.dryRun) {
    process.stdout.write(`${scales.map(({ service, desired }) => `scale ${service} to ${desired}`).join('\n')}\n`);
    return 0;
  }
  await scale(clients, deployment, scales);
  const [timeoutMs, everyMs] = [parseDuration(String(argv.waitTimeout)), parseDuration(String(argv.pollEvery))];
  if (!timeoutMs || !everyMs) throw badConfiguration('wait-timeout, poll-every: give durations such as 90s');
  await awaitScale(clients, deployment, { timeoutMs, everyMs, say: (line) => void process.stderr.write(`${line}\n`) });
  return 0;
}

function workersOf({ to, count }: Readonly<Record<string, unknown>>, { worker_count: most }: Deployment): number {
  if (to === 'down') return 0;
  const text = to === 'up' ? String(count ?? most) : String(to);
  const workers = Number(text);
  if (/^\d+$/.test(text) && workers <= most) return workers;
  throw badConfiguration(
    `to: ${JSON.stringify(text)} is not allowed; give up, down, status or a number from 0 to ${most} (worker_count)`,
  );
}

/** Without load workers nothing else is needed either. */
function scalesOf(workers: number, deployment: Deployment): Scale[] {
  return namesOf(deployment).map((service) => ({
    service,
    desired: service === deployment.load_service ? workers : Math.min(1, workers),
  }));
}
