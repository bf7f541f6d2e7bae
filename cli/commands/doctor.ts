import { accessSync, constants, mkdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import type { Connection } from '@temporalio/client';
import type { ArgumentsCamelCase, Argv } from 'yargs';
import { temporal } from '@temporalio/proto';
import { checkFrontend } from '../../temporal/check-frontend';
import { connect, type Resolved } from '../../temporal/connections';
import { describeGrpcError } from '../../temporal/grpc-errors';
import { stateDir } from '../../machine/paths';
import { findServerBinary } from '../../machine/server-binary';
import { CONTROL_NAMESPACE, CONTROL_QUEUE, HOST_QUEUE, LOAD_QUEUES } from '../../orchestrator/names';
import { readConnections, withConnectionOptions } from '../connection-options';

export const command = 'doctor';
export const describe = 'Check this machine, the target and the control server, and say what would fix what is wrong';

export function builder(yargs: Argv) {
  return withConnectionOptions(yargs);
}

/** Throws what is wrong; returns what is right. */
type Check = readonly [name: string, check: () => Promise<string>];

export async function handler(argv: ArgumentsCamelCase<Record<string, unknown>>): Promise<number> {
  const { target, control, connectTimeoutMs } = readConnections(argv);
  const checks: Check[] = [
    ['Node', async () => `${process.versions.node}, ${availableParallelism()} CPUs`],
    ['state directory', stateDirectory],
    ...(target ? targetChecks(target, connectTimeoutMs) : [['Temporal server binary', findServerBinary] as const]),
    ...(control ? controlChecks(control, connectTimeoutMs) : []),
  ];
  let sound = true;
  for (const [name, check] of checks) {
    try {
      process.stdout.write(`✓ ${name}: ${await check()}\n`);
    } catch (err) {
      sound = false;
      process.stdout.write(`✗ ${name}: ${(err as Error).message}\n`);
    }
  }
  return sound ? 0 : 1;
}

async function stateDirectory(): Promise<string> {
  mkdirSync(stateDir(), { recursive: true });
  accessSync(stateDir(), constants.W_OK);
  return stateDir();
}

function targetChecks(target: Resolved, timeoutMs: number): Check[] {
  return [
    [
      'target',
      async () => `${target.address} serves, version ${(await checkFrontend(target, timeoutMs)).serverVersion}`,
    ],
    [
      'namespaces on the target',
      () =>
        connected(target, timeoutMs, async ({ workflowService }) => {
          try {
            const { namespaces } = await workflowService.listNamespaces({ pageSize: 1 });
            return `can be listed (${namespaces.length > 0 ? 'some' : 'none'} there)`;
          } catch (err) {
            throw new Error(`${describeGrpcError(err)}; if a run cannot register its own, name one with --namespace`, {
              cause: err,
            });
          }
        }),
    ],
  ];
}

function controlChecks(control: Resolved, timeoutMs: number): Check[] {
  const namespace = control.namespace || CONTROL_NAMESPACE;
  const poll = (role: string, queues: readonly string[], type: 'WORKFLOW' | 'ACTIVITY'): Check => [
    `${role} workers`,
    () =>
      connected(control, timeoutMs, async ({ workflowService }) => {
        const taskQueueType = temporal.api.enums.v1.TaskQueueType[`TASK_QUEUE_TYPE_${type}`];
        const lists = await Promise.all(
          queues.map((name) => workflowService.describeTaskQueue({ namespace, taskQueue: { name }, taskQueueType })),
        );
        const fewest = Math.min(...lists.map(({ pollers }) => new Set(pollers.map(({ identity }) => identity)).size));
        if (fewest > 0) return `${fewest} poll ${queues.join(', ')} in ${namespace}`;
        throw new Error(`none poll ${queues[0]} in ${namespace}; start one with: benchmark worker --roles ${role}`);
      }),
  ];
  return [
    [
      'control',
      async () => `${control.address} serves, version ${(await checkFrontend(control, timeoutMs)).serverVersion}`,
    ],
    poll('control', [CONTROL_QUEUE], 'WORKFLOW'),
    poll('generator', LOAD_QUEUES, 'ACTIVITY'),
    poll('host', [HOST_QUEUE], 'ACTIVITY'),
  ];
}

async function connected<T>(to: Resolved, timeoutMs: number, work: (connection: Connection) => Promise<T>): Promise<T> {
  const connection = await connect(to, timeoutMs);
  try {
    return await work(connection);
  } finally {
    await connection.close();
  }
}
