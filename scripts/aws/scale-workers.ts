import type { Argv } from 'yargs';
import { badConfiguration } from '../../cli/errors';
import { parseDuration } from '../../spec/duration';
import { MEASURED_OPTION, measuredNeed } from './advice';
import { clientsFor, type Clients } from './clients';
import { readDeployment, withDeploymentOptions, type Deployment } from './deployment';
import {
  awaitScale,
  definitionOf,
  describeServices,
  namesOf,
  progressOf,
  scale,
  type Scale,
  type WaitOptions,
} from './services';
import { deregister, runOf } from './task-definitions';

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
    .option('rate', {
      type: 'string',
      requiresArg: true,
      describe: 'With up and --measured: peak rate of the run, workflows per second, instead of a number of tasks',
    })
    .option('measured', MEASURED_OPTION)
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
  const loadTasks = loadTasksOf(argv, deployment);
  if (argv.dryRun) {
    const lines = namesOf(deployment).map((name) => `scale ${name} to ${desiredOf(name, loadTasks, deployment)}\n`);
    process.stdout.write(lines.join(''));
    return 0;
  }
  const [timeoutMs, everyMs] = [parseDuration(String(argv.waitTimeout)), parseDuration(String(argv.pollEvery))];
  if (!timeoutMs || !everyMs) throw badConfiguration('--wait-timeout and --poll-every require durations such as 90s');
  const print = (line: string) => void process.stderr.write(`${line}\n`);
  await scaleTo(loadTasks, clients, deployment, { timeoutMs, everyMs, print });
  return 0;
}

async function scaleTo(
  loadTasks: number,
  clients: Clients,
  deployment: Deployment,
  options: WaitOptions,
): Promise<void> {
  const before = await describeServices(clients, deployment);
  const finished: string[] = [];
  const scales: Scale[] = [];
  for (const { serviceName, desiredCount = 0, taskDefinition: current } of before) {
    const service = serviceName!;
    const desired = desiredOf(service, loadTasks, deployment);
    const latest = definitionOf(deployment, service);
    const outdated = latest !== undefined && current !== latest;
    const run = outdated ? await runOf(clients, deployment, current!) : undefined;
    const restarts = desiredCount === 0 || desired === 0;
    if (run !== undefined && restarts) finished.push(current!);
    if (outdated && !restarts) options.print(noteOf(service, run));
    scales.push({ service, desired, taskDefinition: restarts ? latest : undefined });
  }
  const isServer = ({ service }: Scale) => service === deployment.control_server_service;
  const groups = [scales.filter(isServer), scales.filter((one) => !isServer(one))].filter(({ length }) => length > 0);
  // The control server starts first, because tasks resolve only the Service Connect aliases that exist when they start.
  for (const group of loadTasks > 0 ? groups : groups.reverse()) {
    await scale(clients, deployment, group);
    await awaitScale(clients, deployment, options);
  }
  for (const revision of finished) await deregister(clients, revision);
}

/** Tasks that are up keep their revision, because a new one would replace them during a run. */
function noteOf(service: string, run: string | undefined): string {
  return run === undefined
    ? `${service} keeps an older task definition; run scale-workers ENV down to use the one of the last terraform apply`
    : `${service} keeps the run ${run}; run scale-workers ENV down to end it`;
}

function loadTasksOf(argv: Readonly<Record<string, unknown>>, deployment: Deployment): number {
  const { to, count, rate, measured } = argv;
  const { load_task_count: most } = deployment;
  if (to === 'down') return 0;
  if (rate !== undefined || measured !== undefined) {
    if (to !== 'up' || count !== undefined) throw badConfiguration('--rate and --measured require up without a number');
    return tasksForRate(rate, measured, deployment);
  }
  const text = to === 'up' ? String(count ?? most) : String(to);
  const tasks = Number(text);
  if (/^\d+$/.test(text) && tasks <= most) return tasks;
  throw badConfiguration(
    `${JSON.stringify(text)} is not a scale; give up, down, status or a number from 0 to ${most} (load_task_count in Terraform)`,
  );
}

/** Returns as many tasks as the rate needs: one per host, or enough for its lanes. */
function tasksForRate(rate: unknown, measured: unknown, deployment: Deployment): number {
  const { load_task_count: most, generators_per_task } = deployment;
  if (measured === undefined) {
    throw badConfiguration(
      '--rate requires --measured: the cost of a workflow depends on the workload and the instance type; run at a low rate first and give its result.json',
    );
  }
  if (!(Number(rate) > 0)) throw badConfiguration(`--rate is ${JSON.stringify(rate)}; give workflows per second`);
  const need = measuredNeed(Number(rate), String(measured));
  const tasks = 'hosts' in need ? need.hosts : Math.ceil(need.lanes / generators_per_task);
  if (tasks <= most) return tasks;
  throw badConfiguration(
    `${String(rate)}/s need ${tasks} load worker tasks, and the deployment allows ${most}; raise load_task_count in Terraform`,
  );
}

/** Without load worker tasks, the other services scale to zero too. */
function desiredOf(service: string, loadTasks: number, deployment: Deployment): number {
  return service === deployment.load_service ? loadTasks : Math.min(1, loadTasks);
}
