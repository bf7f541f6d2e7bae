import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { ArgumentsCamelCase, Argv } from 'yargs';
import { checkFrontend } from '../../temporal/check-frontend';
import { HOST_PROCESS } from '../../machine/paths';
import type { HostInput } from '../../orchestrator/activity-types';
import { readConnections, withTargetOptions } from '../connection-options';
import { badConfiguration } from '../errors';
import { readSetting, toWholeNumber } from '../settings';

export const command = 'host';
export const describe =
  'Run the load workflows on an existing task queue until interrupted, for runs with --generator-only';

export function builder(yargs: Argv) {
  const option = (describe: string) => ({ type: 'string', requiresArg: true, describe }) as const;
  return withTargetOptions(yargs)
    .option('namespace', option('Existing namespace of the target; required [BENCHMARK_NAMESPACE, TEMPORAL_NAMESPACE]'))
    .option('task-queue', option('Task queue to poll; required [BENCHMARK_TASK_QUEUE]'))
    .option('host-slots', option('Workflow tasks and activities to run at the same time, each (default: 100)'))
    .option(
      'host-pollers',
      option('Open polls for workflow tasks, and as many for activity tasks (default: adapted to the load)'),
    );
}

type Args = ArgumentsCamelCase<Record<string, unknown>>;

/** Does what the hosts of a run do, without a control server and for any number of runs. */
export async function handler(argv: Args): Promise<number> {
  const { target, env, connectTimeoutMs } = readConnections(argv);
  if (!target) throw badConfiguration('--address is required: the frontend of the target, host:port');
  const input: HostInput & { attempt: number } = {
    run: {
      runId: 'host',
      workflowId: 'host',
      namespace: required(argv, 'namespace', ['BENCHMARK_NAMESPACE', 'TEMPORAL_NAMESPACE'], env),
      ownsNamespace: false,
      taskQueue: required(argv, 'task-queue', ['BENCHMARK_TASK_QUEUE'], env),
    },
    host: 0,
    slots: toWholeNumber('--host-slots', argv.hostSlots ?? 100, 2, 10_000),
    pollers: argv.hostPollers === undefined ? undefined : toWholeNumber('--host-pollers', argv.hostPollers, 2, 10_000),
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

function required(argv: Args, flag: string, variables: readonly string[], env: NodeJS.ProcessEnv): string {
  const value = readSetting(argv, flag, variables, env)?.value;
  if (value) return value;
  throw badConfiguration(`--${flag} is required (use the run's ${flag.replace('-', ' ')})`);
}
