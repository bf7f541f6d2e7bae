import {
  DeregisterTaskDefinitionCommand,
  DescribeTaskDefinitionCommand,
  RegisterTaskDefinitionCommand,
  type ContainerDefinition,
  type RegisterTaskDefinitionCommandInput,
} from '@aws-sdk/client-ecs';
import { CliError } from '../../cli/errors';
import type { BenchmarkResult } from '../../report/result-schema';
import { call, type Clients } from './clients';
import type { Deployment } from './deployment';
import { RUN_COMMAND, runEnvironment, withEnvironment, type RunSettings } from './overrides';
import { readResults } from './results';
import { tooLate, type Run } from './run';
import { awaitScale, describeServices, namesOf, scale } from './services';
import { pause } from './pause';

/**
 * On the services, which have Service Connect: load workers, and a control worker whose container does the run. What it is
 * to do is in a revision of its task definition, because tasks of a service take no overrides.
 */
export const runAsService: Run = async (clients, deployment, settings, options) => {
  const { say, wait } = options;
  const startedAt = Date.now();
  const [busy] = (await describeServices(clients, deployment)).filter(({ desiredCount = 0 }) => desiredCount > 0);
  if (busy) {
    throw new CliError(
      `${busy.serviceName} is scaled to ${busy.desiredCount} already: a benchmark goes on, or one was left; scale-workers says status, and down ends it`,
    );
  }
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
      { service: load_service, desired: options.workers, taskDefinition: loadDefinition },
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
      await scale(
        clients,
        deployment,
        namesOf(deployment).map((service) => ({ service, desired: 0 })),
      );
      say('scaled to zero');
      for (const revision of [taskDefinition, loadDefinition]) {
        await call(`deregistering ${revision}`, () =>
          clients.ecs.send(new DeregisterTaskDefinitionCommand({ taskDefinition: revision })),
        );
      }
    }
  }
};

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
