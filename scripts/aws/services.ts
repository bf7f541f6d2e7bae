import { DescribeServicesCommand, UpdateServiceCommand, type Service } from '@aws-sdk/client-ecs';
import { CliError } from '../../cli/errors';
import { call, type Clients } from './clients';
import type { Deployment } from './deployment';
import { pause } from './pause';

export interface Scale {
  readonly service: string;
  readonly desired: number;
  readonly taskDefinition?: string;
}

/** The deployment's services; what is not there is an error that says so. */
export async function describeServices({ ecs }: Clients, deployment: Deployment): Promise<Service[]> {
  const { cluster } = deployment;
  const names = namesOf(deployment);
  const { services = [] } = await call(`the services of ${cluster}`, () =>
    ecs.send(new DescribeServicesCommand({ cluster, services: names })),
  );
  const missing = names.filter(
    (name) => !services.some(({ serviceName, status }) => serviceName === name && status === 'ACTIVE'),
  );
  if (missing.length > 0) {
    throw new CliError(
      `there is no active ECS service ${missing.join(', ')} in ${cluster}; has infra/terraform been applied?`,
    );
  }
  return services;
}

export function namesOf({ load_service, control_service, control_server_service }: Deployment): string[] {
  return [load_service, control_service, ...(control_server_service === null ? [] : [control_server_service])];
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
  readonly say: (line: string) => void;
}

/** Waits until every service runs what is desired of it, and says how far it is; where none can be placed, why. */
export async function awaitScale(
  clients: Clients,
  deployment: Deployment,
  { timeoutMs, everyMs, say }: WaitOptions,
): Promise<void> {
  const startedAt = Date.now();
  let said = '';
  for (;;) {
    const services = await describeServices(clients, deployment);
    const line = services.map(progressOf).join(' · ');
    if (line !== said) say((said = line));
    if (services.every(({ runningCount, desiredCount }) => runningCount === desiredCount)) return;
    if (Date.now() - startedAt > timeoutMs) {
      const why = services.flatMap((service) => troubleOf(service, startedAt));
      throw new CliError(
        `the tasks did not come up within ${timeoutMs / 1000} s (${line})${why.length > 0 ? `:\n${why.join('\n')}` : ''}`,
      );
    }
    await pause(everyMs);
  }
}

export function progressOf({ serviceName, runningCount = 0, pendingCount = 0, desiredCount = 0 }: Service): string {
  const pending = pendingCount > 0 ? `, ${pendingCount} pending` : '';
  return `${serviceName}: ${runningCount} of ${desiredCount}${pending}`;
}

/** What ECS says of tasks it could not place or that did not stay. */
function troubleOf({ events = [] }: Service, sinceMs: number): string[] {
  return events
    .filter(
      ({ createdAt, message = '' }) => Number(createdAt) >= sinceMs && /unable|unhealthy|failed|stopped/.test(message),
    )
    .slice(0, 3)
    .map(({ message }) => `  ${message}`);
}
