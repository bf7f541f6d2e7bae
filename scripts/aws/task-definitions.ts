import {
  DeregisterTaskDefinitionCommand,
  DescribeTaskDefinitionCommand,
  RegisterTaskDefinitionCommand,
  type ContainerDefinition,
  type TaskDefinition,
} from '@aws-sdk/client-ecs';
import { call, type Clients } from './clients';
import type { Deployment } from './deployment';
import { withEnvironment } from './overrides';

/** Container label with the workflow ID of a run, which becomes the metric label `run`. */
const RUN_LABEL = 'benchmark_run';

/** Returns the workflow ID of the run that a task definition revision was registered for; undefined for Terraform's revisions. */
export async function runOf(
  clients: Clients,
  { container }: Deployment,
  taskDefinition: string,
): Promise<string | undefined> {
  const { taskDefinition: found } = await describe(clients, taskDefinition);
  return found?.containerDefinitions?.find(({ name }) => name === container)?.dockerLabels?.[RUN_LABEL];
}

/**
 * Registers a revision of a task definition for one run.
 *
 * @param base ARN of the revision that Terraform registered
 * @returns the ARN of the new revision
 */
export async function registerRevision(
  clients: Clients,
  deployment: Deployment,
  base: string,
  workflowId: string,
  change: Pick<ContainerDefinition, 'command' | 'environment'>,
): Promise<string> {
  const { taskDefinition: found = {}, tags = [] } = await describe(clients, base);
  const containerDefinitions = (found.containerDefinitions ?? []).map((container) =>
    container.name === deployment.container
      ? {
          ...container,
          ...change,
          environment: withEnvironment(container.environment ?? [], change.environment ?? []),
          dockerLabels: { ...container.dockerLabels, [RUN_LABEL]: workflowId },
        }
      : {
          ...container,
          environment: withEnvironment(container.environment ?? [], [{ name: 'BENCHMARK_RUN', value: workflowId }]),
        },
  );
  const { taskDefinition } = await call(`registering a revision of ${found.family}`, () =>
    clients.ecs.send(
      new RegisterTaskDefinitionCommand({
        ...settingsOf(found),
        containerDefinitions,
        ...(tags.length > 0 ? { tags } : {}),
      }),
    ),
  );
  return taskDefinition!.taskDefinitionArn!;
}

export async function deregister({ ecs }: Clients, taskDefinition: string): Promise<void> {
  await call(`deregistering ${taskDefinition}`, () =>
    ecs.send(new DeregisterTaskDefinitionCommand({ taskDefinition })),
  );
}

async function describe({ ecs }: Clients, taskDefinition: string) {
  return await call(`task definition ${taskDefinition}`, () =>
    ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition, include: ['TAGS'] })),
  );
}

/** Returns what a new revision copies: everything that is not the number, the status or the requirements of the old one. */
function settingsOf({
  taskDefinitionArn: _arn,
  revision: _revision,
  status: _status,
  requiresAttributes: _attributes,
  compatibilities: _compatibilities,
  registeredAt: _registeredAt,
  registeredBy: _registeredBy,
  deregisteredAt: _deregisteredAt,
  family,
  ...settings
}: TaskDefinition) {
  return { ...settings, family: family! };
}
