import { DescribeTasksCommand, RunTaskCommand, type ContainerOverride, type Task } from '@aws-sdk/client-ecs';
import { badConfiguration, CliError } from '../../cli/errors';
import type { BenchmarkResult } from '../../report/result-schema';
import { call, type Clients } from './clients';
import type { Deployment } from './deployment';
import { RUN_COMMAND, runEnvironment, type RunSettings } from './overrides';
import { poll } from './poll';
import { readResults } from './results';
import { runTimedOut, type Run } from './run';

/** Limits of RunTask, in characters. */
const MAX_OVERRIDES = 8192;
const MAX_STARTED_BY = 36;

/** Runs the benchmark as one ECS task with all roles. The task has no Service Connect, so the address must resolve without it. */
export const runAsTask: Run = async (clients, deployment, settings, options) => {
  const { cluster, container } = deployment;
  const startedAt = Date.now();
  const arn = await startTask(clients, deployment, settings);
  const id = arn.split('/').at(-1)!;
  options.print(`task ${id}, run ${settings.workflowId}`);
  if (!options.wait) return { exitCode: 0 };
  let printed = '';
  const timeoutMs = options.startTimeoutMs + options.runTimeoutMs;
  const stopped = await poll(
    async () => {
      const { tasks = [] } = await call(`task ${id}`, () =>
        clients.ecs.send(new DescribeTasksCommand({ cluster, tasks: [arn] })),
      );
      const status = tasks[0]?.lastStatus ?? 'MISSING';
      if (status !== printed) options.print(`  ${(printed = status)}`);
      return status === 'STOPPED' ? tasks[0] : undefined;
    },
    { everyMs: options.pollEveryMs, timeoutMs, onTimeout: () => runTimedOut(`task ${id}`, timeoutMs) },
  );
  const streamPrefix = `run/${container}/${id}`;
  const result = (await readResults(clients, deployment, { sinceMs: startedAt, streamPrefix })).at(-1);
  return { result, exitCode: exitCodeOf(stopped, container, result) };
};

/** @throws CliError if the settings of the run exceed what ECS accepts */
function overridesOf({ container, sidecar }: Deployment, settings: RunSettings): ContainerOverride[] {
  const overrides = [
    { name: container, command: [...RUN_COMMAND, '30s'], environment: runEnvironment(settings) },
    ...(sidecar === null
      ? []
      : [{ name: sidecar, environment: [{ name: 'BENCHMARK_RUN', value: settings.workflowId }] }]),
  ];
  const { length } = JSON.stringify({ containerOverrides: overrides });
  if (length <= MAX_OVERRIDES) return overrides;
  throw badConfiguration(
    `the settings of the run have ${length} characters, and ECS accepts ${MAX_OVERRIDES} for a task; shorten the spec, or run without --address`,
  );
}

/** Returns the ARN of the new task. */
async function startTask({ ecs }: Clients, deployment: Deployment, settings: RunSettings): Promise<string> {
  const { cluster, subnets, security_group } = deployment;
  const containerOverrides = overridesOf(deployment, settings);
  const { tasks = [], failures = [] } = await call(`starting a task in ${cluster}`, () =>
    ecs.send(
      new RunTaskCommand({
        cluster,
        taskDefinition: deployment.run_task_definition,
        count: 1,
        capacityProviderStrategy: [{ capacityProvider: deployment.capacity_provider, weight: 1 }],
        networkConfiguration: { awsvpcConfiguration: { subnets, securityGroups: [security_group] } },
        overrides: { containerOverrides },
        startedBy: settings.workflowId.replace(/[^\w/-]/g, '-').slice(0, MAX_STARTED_BY),
        enableExecuteCommand: deployment.enable_execute_command,
        propagateTags: 'TASK_DEFINITION',
      }),
    ),
  );
  const arn = tasks[0]?.taskArn;
  if (arn !== undefined) return arn;
  const reasons = failures.map(({ reason, detail }) => `${reason}${detail ? ` (${detail})` : ''}`);
  throw new CliError(`ECS could not place the task: ${reasons.join('; ') || 'ECS returned no reason'}`);
}

/**
 * Returns the exit code of the container, or the one in the result.
 *
 * @throws CliError with the reason from ECS if the container never ran
 */
function exitCodeOf({ containers = [], stoppedReason }: Task, name: string, result?: BenchmarkResult): number {
  const container = containers.find((one) => one.name === name);
  const exitCode = container?.exitCode ?? result?.exitCode;
  if (exitCode !== undefined) return exitCode;
  throw new CliError(
    `the task stopped before the benchmark ran: ${container?.reason ?? stoppedReason ?? 'ECS returned no reason'}`,
  );
}
