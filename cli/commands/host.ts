import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { ArgumentsCamelCase, Argv } from 'yargs';
import { checkFrontend } from '../../temporal/check-frontend';
import { HOST_PROCESS } from '../../machine/paths';
import type { HostInput } from '../../orchestrator/activity-types';
import { readConnections, withConnectionOptions } from '../connection-options';
import { badConfiguration } from '../errors';

export const command = 'host';
export const describe =
  'Execute the load workflows on an existing namespace and task queue until told to stop (runs with --generator-only)';

export function builder(yargs: Argv) {
  const option = (describe: string) => ({ type: 'string', requiresArg: true, describe }) as const;
  return withConnectionOptions(yargs)
    .option('namespace', option('existing namespace of the target [BENCHMARK_NAMESPACE, TEMPORAL_NAMESPACE]'))
    .option('task-queue', option('task queue to poll [BENCHMARK_TASK_QUEUE]'))
    .option('host-slots', option('slots for workflow tasks, and as many for activities (default: 100)'))
    .option('host-pollers', option('polls kept open of each kind (default: as many as the load needs)'));
}

/** A worker alone: what a run's own hosts do, without a control server and for as many runs as come. */
export async function handler(argv: ArgumentsCamelCase<Record<string, unknown>>): Promise<number> {
  const { target, env, connectTimeoutMs } = readConnections(argv);
  if (!target) throw badConfiguration('address: a host needs a target; give --address host:port');
  const input: HostInput & { attempt: number } = {
    run: {
      runId: 'host',
      workflowId: 'host',
      namespace: needed(argv.namespace ?? env.BENCHMARK_NAMESPACE ?? env.TEMPORAL_NAMESPACE, 'namespace'),
      ownsNamespace: false,
      taskQueue: needed(argv.taskQueue ?? env.BENCHMARK_TASK_QUEUE, 'task-queue'),
    },
    host: 0,
    slots: wholeNumber(argv.hostSlots ?? 100, 'host-slots'),
    pollers: argv.hostPollers === undefined ? undefined : wholeNumber(argv.hostPollers, 'host-pollers'),
    attempt: 1,
  };
  await checkFrontend(target, connectTimeoutMs);
  const child = fork(HOST_PROCESS, [JSON.stringify(input)], { env });
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => child.send('stop'));
  child.once('message', () =>
    process.stdout.write(`Polling ${input.run.taskQueue} in ${input.run.namespace} at ${target.address}.\n`),
  );
  const [code] = (await once(child, 'exit')) as [number | null];
  return code ?? 1;
}

function needed(value: unknown, flag: string): string {
  if (typeof value === 'string' && value !== '') return value;
  throw badConfiguration(`${flag}: nothing is not allowed; give the ${flag.replace('-', ' ')} that the run names`);
}

function wholeNumber(value: unknown, flag: string): number {
  const n = Number(value);
  if (Number.isInteger(n) && n >= 2 && n <= 10_000) return n;
  throw badConfiguration(`${flag}: ${JSON.stringify(value)} is not allowed; give a whole number from 2 to 10000`);
}
