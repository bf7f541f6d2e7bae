import {
  DeregisterTaskDefinitionCommand,
  DescribeTaskDefinitionCommand,
  RegisterTaskDefinitionCommand,
  type ContainerDefinition,
  type RegisterTaskDefinitionCommandInput,
  type Service,
} from '@aws-sdk/client-ecs';
import { CliError } from '../../cli/errors';
import type { BenchmarkResult } from '../../report/result-schema';
import { call, type Clients } from './clients';
import type { Deployment } from './deployment';
import { RUN_COMMAND, runEnvironment, withEnvironment, type RunSettings } from './overrides';
import { readResults } from './results';
import { runTimedOut, type Options, type Run } from './run';
import { awaitScale, describeServices, scale, type Scale } from './services';
import { poll } from './poll';

/**
 * Runs the benchmark on the ECS services, whose tasks have Service Connect: load worker tasks, and a control worker whose
 * container executes the run. The run's settings are in a revision of the task definition, because tasks of a service take
 * no overrides.
 */
export const runAsService: Run = async (clients, deployment, settings, options) => {
  const { print, wait } = options;
  const startedAt = Date.now();
  const before = await describeServices(clients, deployment);
  await requireNoOtherRun(clients, deployment, before);
  const { load_service, control_service, control_server_service: server } = deployment;
  const { workflowId } = settings;
  const taskDefinition = await registerRevision(clients, deployment, control_service, workflowId, {
    // The container waits after the result is in the log, because ECS would restart it; scaling to zero stops it.
    command: [...RUN_COMMAND, '6h'],
    environment: runEnvironment(settings),
  });
  const loadDefinition = await registerRevision(clients, deployment, load_service, workflowId, {});
  let detached = false;
  try {
    await scale(clients, deployment, [
      ...(server === null ? [] : [{ service: server, desired: 1 }]),
      {
        service: load_service,
        desired: Math.max(options.loadTasks, desiredOf(before, load_service)),
        taskDefinition: loadDefinition,
      },
      { service: control_service, desired: 1, taskDefinition },
    ]);
    await awaitScale(clients, deployment, { timeoutMs: options.startTimeoutMs, everyMs: options.pollEveryMs, print });
    print(`run ${settings.workflowId}`);
    if (!wait) {
      detached = true;
      print('the run continues on ECS; when it has ended, run scale-workers ENV down to stop the cost');
      return { exitCode: 0 };
    }
    const result = await awaitResult(clients, deployment, settings, startedAt, options);
    return { result, exitCode: result.exitCode };
  } finally {
    if (!detached) {
      await scale(clients, deployment, before.map(asBefore));
      print(before.some(({ desiredCount = 0 }) => desiredCount > 0) ? 'restored the previous scale' : 'scaled to zero');
      for (const revision of [taskDefinition, loadDefinition]) {
        await call(`deregistering ${revision}`, () =>
          clients.ecs.send(new DeregisterTaskDefinitionCommand({ taskDefinition: revision })),
        );
      }
    }
  }
};

function desiredOf(services: readonly Service[], name: string): number {
  return services.find(({ serviceName }) => serviceName === name)?.desiredCount ?? 0;
}

function asBefore({ serviceName, desiredCount = 0, taskDefinition }: Service): Scale {
  return { service: serviceName!, desired: desiredCount, taskDefinition };
}

/** Rejects if the control worker executes another run. Idle workers are used. */
async function requireNoOtherRun(
  { ecs }: Clients,
  { control_service, container }: Deployment,
  services: readonly Service[],
): Promise<void> {
  const control = services.find(({ serviceName }) => serviceName === control_service);
  if (!control?.desiredCount) return;
  const { taskDefinition } = await call(`task definition ${control.taskDefinition}`, () =>
    ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition: control.taskDefinition })),
  );
  const environment = taskDefinition?.containerDefinitions?.find(({ name }) => name === container)?.environment ?? [];
  const run = environment.find(({ name }) => name === 'BENCHMARK_WORKFLOW_ID')?.value;
  if (run === undefined) return;
  throw new CliError(
    `${control_service} already has the run ${run}; wait for its end, or run scale-workers ENV down to abort it`,
  );
}

/**
 * Registers a task definition revision for one run. Its container label `benchmark_run` becomes the metric label `run`.
 *
 * @returns the ARN of the new revision
 */
async function registerRevision(
  { ecs }: Clients,
  deployment: Deployment,
  family: string,
  workflowId: string,
  change: Pick<ContainerDefinition, 'command' | 'environment'>,
): Promise<string> {
  const { taskDefinition: found, tags } = await call(`task definition ${family}`, () =>
    ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition: family, include: ['TAGS'] })),
  );
  const containers = (found?.containerDefinitions ?? []).map((container) =>
    container.name === deployment.container
      ? {
          ...container,
          ...change,
          environment: withEnvironment(container.environment ?? [], change.environment ?? []),
          dockerLabels: { ...container.dockerLabels, benchmark_run: workflowId },
        }
      : container,
  );
  const input: RegisterTaskDefinitionCommandInput = {
    family,
    containerDefinitions: containers,
    taskRoleArn: found?.taskRoleArn,
    executionRoleArn: found?.executionRoleArn,
    networkMode: found?.networkMode,
    volumes: found?.volumes,
    placementConstraints: found?.placementConstraints,
    requiresCompatibilities: found?.requiresCompatibilities,
    runtimePlatform: found?.runtimePlatform,
    ...(tags && tags.length > 0 ? { tags } : {}),
  };
  const { taskDefinition } = await call(`registering a revision of ${family}`, () =>
    ecs.send(new RegisterTaskDefinitionCommand(input)),
  );
  return taskDefinition!.taskDefinitionArn!;
}

async function awaitResult(
  clients: Clients,
  deployment: Deployment,
  { workflowId }: RunSettings,
  sinceMs: number,
  { pollEveryMs, runTimeoutMs }: Options,
): Promise<BenchmarkResult> {
  const findResult = async () => {
    const results = await readResults(clients, deployment, { sinceMs, streamPrefix: 'control/' });
    return results.filter((result) => result.workflowId === workflowId).at(-1);
  };
  const onTimeout = () => runTimedOut(`run ${workflowId}`, runTimeoutMs);
  return await poll(findResult, { everyMs: pollEveryMs, timeoutMs: runTimeoutMs, onTimeout });
}
