import type { Service } from '@aws-sdk/client-ecs';
import type { Clients } from '../../scripts/aws/clients';
import { awaitScale } from '../../scripts/aws/services';
import { DEPLOYMENT } from '../support/aws-deployment';

/** Returns clients whose DescribeServices answers with each step in turn, and the last one for ever. */
function answering(steps: readonly Partial<Service>[][]): { readonly clients: Clients; readonly asked: () => number } {
  let asked = 0;
  const send = () => {
    const services = steps[Math.min(asked, steps.length - 1)]!.map((service) => ({ status: 'ACTIVE', ...service }));
    asked += 1;
    return Promise.resolve({ services });
  };
  return { clients: { ecs: { send } } as unknown as Clients, asked: () => asked };
}

const load = (rolloutState: 'IN_PROGRESS' | 'COMPLETED' | 'FAILED', deployments = 1): Partial<Service> => ({
  serviceName: DEPLOYMENT.load_service,
  runningCount: 2,
  desiredCount: 2,
  deployments: Array.from({ length: deployments }, (_, i) => ({
    status: i === 0 ? 'PRIMARY' : 'ACTIVE',
    rolloutState,
    rolloutStateReason: 'tasks failed to start',
  })),
});
const control: Partial<Service> = { ...load('COMPLETED'), serviceName: DEPLOYMENT.control_service };
const options = { timeoutMs: 50, everyMs: 1, print: () => undefined };

test('awaitScale waits for the end of a deployment whose old tasks still run', async () => {
  const { clients, asked } = answering([
    [load('IN_PROGRESS'), control],
    [load('COMPLETED', 2), control],
    [load('COMPLETED'), control],
  ]);
  await awaitScale(clients, DEPLOYMENT, options);
  expect(asked()).toBe(3);
});

test('awaitScale rejects with the reason if a deployment fails', async () => {
  const { clients } = answering([[load('FAILED'), control]]);
  await expect(awaitScale(clients, DEPLOYMENT, options)).rejects.toThrow(
    /deployment of staging-benchmark-load failed: tasks failed to start/,
  );
});

test('awaitScale rejects with recent service events after its timeout', async () => {
  const event = { message: 'unable to place a task: no container instances', createdAt: new Date(Date.now() + 1000) };
  const { clients } = answering([[{ ...load('COMPLETED'), runningCount: 0, events: [event] }, control]]);
  await expect(awaitScale(clients, DEPLOYMENT, options)).rejects.toThrow(/did not start[^]*unable to place a task/);
});
