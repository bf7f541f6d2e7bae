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
import { tooLate, type Run } from './run';
import { awaitScale, describeServices, scale, type Scale } from './services';
import { pause } from './pause';

/**
 * On the services, which have Service Connect: load workers, and a control worker whose container does the run. What it is
 * to do is in a revision of its task definition, because tasks of a service take no overrides.
 */
export const runAsService: Run = async (clients, deployment, settings, options) => {
  const { say, wait } = options;
  const startedAt = Date.now();
  const before = await describeServices(clients, deployment);
  await refuseBesideAnother(clients, deployment, before);
  const { load_service, control_service, control_server_service: server } = deployment;
  const { workflowId } = settings;
  const taskDefinition = await registerRevision(clients, deployment, control_service, workflowId, {
    // The result is in the log long before; until it is scaled to zero the container has nothing to do but be there.
    command: [...RUN_COMMAND, '6h'],
    environment: runEnvironment(settings),
  });
  const loadDefinition = await registerRevision(clients, deployment, load_service, workflowId, {});
  let left = false;
  try {
    await scale(clients, deployment, [
      ...(server === null ? [] : [{ service: server, desired: 1 }]),
      {
        service: load_service,
        desired: Math.max(options.workers, desiredOf(before, load_service)),
        taskDefinition: loadDefinition,
      },
      { service: control_service, desired: 1, taskDefinition },
    ]);
    await awaitScale(clients, deployment, { timeoutMs: options.upWithinMs, everyMs: options.everyMs, say });
    say(`run ${settings.workflowId}`);
    if (!wait) {
      left = true;
      say('it goes on by itself; when it is over, scale-workers ENV down ends what it costs');
      return { exitCode: 0 };
    }
    const result = await awaitResult(clients, deployment, settings, startedAt, options);
    return { result, exitCode: result.exitCode };
  } finally {
    if (!left) {
      await scale(clients, deployment, before.map(asItWas));
      say(before.some(({ desiredCount = 0 }) => desiredCount > 0) ? 'scaled to what it was' : 'scaled to zero');
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

function asItWas({ serviceName, desiredCount = 0, taskDefinition }: Service): Scale {
  return { service: serviceName!, desired: desiredCount, taskDefinition };
}

/** Workers that wait for work are used; a control worker that has a run already is not taken from it. */
async function refuseBesideAnother(
  { ecs }: Clients,
  { control_service, container }: Deployment,
  services: readonly Service[],
): Promise<void> {
  const control = services.find(({ serviceName }) => serviceName === control_service);
  if (!control?.desiredCount) return;
  const { taskDefinition } = await call(`the task definition ${control.taskDefinition}`, () =>
    ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition: control.taskDefinition })),
  );
  const environment = taskDefinition?.containerDefinitions?.find(({ name }) => name === container)?.environment ?? [];
  const run = environment.find(({ name }) => name === 'BENCHMARK_WORKFLOW_ID')?.value;
  if (run === undefined) return;
  throw new CliError(
    `${control_service} has the run ${run}: it goes on, or was left; scale-workers ENV status says which, and down ends it`,
  );
}

/**
 * A revision for one run: with its id as a label of the container, by which the collector tells runs apart.
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
  const { taskDefinition: found, tags } = await call(`the task definition ${family}`, () =>
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
  { everyMs, runWithinMs }: { readonly everyMs: number; readonly runWithinMs: number },
): Promise<BenchmarkResult> {
  const until = Date.now() + runWithinMs;
  for (;;) {
    const results = await readResults(clients, deployment, { sinceMs, streamPrefix: 'control/' });
    const own = results.filter((result) => result.workflowId === workflowId).at(-1);
    if (own) return own;
    if (Date.now() > until) throw tooLate(workflowId, runWithinMs);
    await pause(everyMs);
  }
}
