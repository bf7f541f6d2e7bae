import {
  DescribeServicesCommand,
  UpdateServiceCommand,
  type Deployment as ServiceDeployment,
  type Service,
} from '@aws-sdk/client-ecs';
import { CliError } from '../../cli/errors';
import { call, type Clients } from './clients';
import type { Deployment } from './deployment';
import { poll } from './poll';

export interface Scale {
  readonly service: string;
  readonly desired: number;
  readonly taskDefinition?: string;
}

/**
 * Describes the services of the deployment.
 *
 * @throws CliError that names the services that do not exist or are not active
 */
export async function describeServices({ ecs }: Clients, deployment: Deployment): Promise<Service[]> {
  const { cluster } = deployment;
  const names = namesOf(deployment);
  const { services = [] } = await call(`services in ${cluster}`, () =>
    ecs.send(new DescribeServicesCommand({ cluster, services: names })),
  );
  const missing = names.filter(
    (name) => !services.some(({ serviceName, status }) => serviceName === name && status === 'ACTIVE'),
  );
  if (missing.length > 0) {
    throw new CliError(`no active ECS service ${missing.join(', ')} in ${cluster}; apply infra/terraform`);
  }
  return services;
}

export function namesOf({ load_service, control_service, control_server_service }: Deployment): string[] {
  return [load_service, control_service, ...(control_server_service === null ? [] : [control_server_service])];
}

/** Returns the ARN of the revision that Terraform registered for a service; undefined for the control server, which no script changes. */
export function definitionOf(deployment: Deployment, service: string): string | undefined {
  if (service === deployment.load_service) return deployment.load_task_definition;
  return service === deployment.control_service ? deployment.control_task_definition : undefined;
}

export async function scale({ ecs }: Clients, { cluster }: Deployment, scales: readonly Scale[]): Promise<void> {
  for (const { service, desired, taskDefinition } of scales) {
    await call(`scaling ${service} to ${desired}`, () =>
      ecs.send(new UpdateServiceCommand({ cluster, service, desiredCount: desired, taskDefinition })),
    );
  }
}

export interface WaitOptions {
  readonly timeoutMs: number;
  readonly everyMs: number;
  readonly print: (line: string) => void;
}

/**
 * Waits until every service runs its desired count of tasks of its latest deployment, and prints the progress. The counts
 * alone do not suffice: tasks of the previous deployment count until they stop.
 *
 * @throws CliError if a deployment fails, or after `timeoutMs`, with the service events that tell why
 */
export async function awaitScale(
  clients: Clients,
  deployment: Deployment,
  { timeoutMs, everyMs, print }: WaitOptions,
): Promise<void> {
  const startedAt = Date.now();
  let services: Service[] = [];
  let printed = '';
  const check = async (): Promise<true | undefined> => {
    services = await describeServices(clients, deployment);
    const line = services.map(progressOf).join(' · ');
    if (line !== printed) print((printed = line));
    const failed = services.find((service) => primaryOf(service)?.rolloutState === 'FAILED');
    if (failed) throw failedDeployment(failed, startedAt);
    return services.every(isStable) ? true : undefined;
  };
  const onTimeout = () => {
    const events = services.flatMap((service) => problemEvents(service, startedAt));
    return new CliError(
      `the tasks did not start within ${timeoutMs / 1000} s (${printed})${events.map((event) => `\n  ${event}`).join('')}`,
    );
  };
  await poll(check, { everyMs, timeoutMs, onTimeout });
}

function primaryOf({ deployments = [] }: Service): ServiceDeployment | undefined {
  return deployments.find(({ status }) => status === 'PRIMARY');
}

function isStable(service: Service): boolean {
  const { runningCount, desiredCount, deployments = [] } = service;
  const rolledOut = primaryOf(service)?.rolloutState !== 'IN_PROGRESS' && deployments.length <= 1;
  return rolledOut && runningCount === desiredCount;
}

function failedDeployment(service: Service, sinceMs: number): CliError {
  const events = problemEvents(service, sinceMs).map((event) => `\n  ${event}`);
  return new CliError(
    `the deployment of ${service.serviceName} failed: ${primaryOf(service)?.rolloutStateReason ?? 'ECS returned no reason'}${events.join('')}`,
  );
}

export function progressOf({ serviceName, runningCount = 0, pendingCount = 0, desiredCount = 0 }: Service): string {
  const pending = pendingCount > 0 ? `, ${pendingCount} pending` : '';
  return `${serviceName}: ${runningCount} of ${desiredCount}${pending}`;
}

/** Returns up to three recent service events about tasks that ECS could not place or that stopped. */
function problemEvents({ events = [] }: Service, sinceMs: number): string[] {
  return events
    .filter(
      ({ createdAt, message = '' }) => Number(createdAt) >= sinceMs && /unable|unhealthy|failed|stopped/.test(message),
    )
    .slice(0, 3)
    .map(({ message }) => message!);
}
