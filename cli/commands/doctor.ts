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
import { EXIT } from '../../report/exit-codes';
import { readConnections, withConnectionOptions } from '../connection-options';
import { refuseWithoutControl } from '../effects';

export const command = 'doctor';
export const describe = 'Check this machine, the target and the control server, and suggest fixes';

export function builder(yargs: Argv) {
  return withConnectionOptions(yargs);
}

/** A check returns what it found, or throws an error that describes the problem and its fix. */
type Check = readonly [name: string, check: () => Promise<string>];

export async function handler(argv: ArgumentsCamelCase<Record<string, unknown>>): Promise<number> {
  const { target, control, connectTimeoutMs } = readConnections(argv);
  refuseWithoutControl(control !== undefined, argv);
  const checks: Check[] = [
    ['Node', async () => `${process.versions.node}, ${availableParallelism()} CPUs`],
    ['state directory', stateDirectory],
    ...(target ? targetChecks(target, connectTimeoutMs) : [['Temporal server binary', findServerBinary] as const]),
    ...(control ? controlChecks(control, connectTimeoutMs) : []),
  ];
  let isHealthy = true;
  for (const [name, check] of checks) {
    try {
      process.stdout.write(`✓ ${name}: ${await check()}\n`);
    } catch (err) {
      isHealthy = false;
      process.stdout.write(`✗ ${name}: ${(err as Error).message.replaceAll('\n', '\n  ')}\n`);
    }
  }
  return isHealthy ? EXIT.passed : EXIT.error;
}

async function stateDirectory(): Promise<string> {
  mkdirSync(stateDir(), { recursive: true });
  accessSync(stateDir(), constants.W_OK);
  return stateDir();
}

async function describeFrontend(server: Resolved, timeoutMs: number): Promise<string> {
  const { serverVersion } = await checkFrontend(server, timeoutMs);
  return `${server.address} is serving, version ${serverVersion}`;
}

function targetChecks(target: Resolved, timeoutMs: number): Check[] {
  return [
    ['target', () => describeFrontend(target, timeoutMs)],
    [
      'namespaces on the target',
      () =>
        withConnection(target, timeoutMs, async ({ workflowService }) => {
          try {
            const { namespaces } = await workflowService.listNamespaces({ pageSize: 1 });
            return namespaces.length > 0 ? 'can be listed' : 'can be listed (there are none)';
          } catch (err) {
            throw new Error(
              `they cannot be listed: ${describeGrpcError(err)}. If a run cannot register a namespace, set an existing one with --namespace`,
              {
                cause: err,
              },
            );
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
      withConnection(control, timeoutMs, async ({ workflowService }) => {
        const taskQueueType = temporal.api.enums.v1.TaskQueueType[`TASK_QUEUE_TYPE_${type}`];
        const lists = await Promise.all(
          queues.map((name) => workflowService.describeTaskQueue({ namespace, taskQueue: { name }, taskQueueType })),
        );
        const fewest = Math.min(...lists.map(({ pollers }) => new Set(pollers.map(({ identity }) => identity)).size));
        if (fewest > 0) return `${fewest} (task queue ${queues.join(', ')} in namespace ${namespace})`;
        throw new Error(
          `none polls the task queue ${queues[0]} in namespace ${namespace}; start one with: benchmark worker --roles ${role}`,
        );
      }),
  ];
  return [
    ['control', () => describeFrontend(control, timeoutMs)],
    poll('control', [CONTROL_QUEUE], 'WORKFLOW'),
    poll('generator', LOAD_QUEUES, 'ACTIVITY'),
    poll('host', [HOST_QUEUE], 'ACTIVITY'),
  ];
}

async function withConnection<T>(
  server: Resolved,
  timeoutMs: number,
  work: (connection: Connection) => Promise<T>,
): Promise<T> {
  const connection = await connect(server, timeoutMs);
  try {
    return await work(connection);
  } finally {
    await connection.close();
  }
}
