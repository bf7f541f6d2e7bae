import { NativeConnection, Runtime, type Worker } from '@temporalio/worker';
import { Client, type Connection } from '@temporalio/client';
import { status } from '@grpc/grpc-js';
import { hostname } from 'node:os';
import type { Logger } from 'winston';
import { connect, resolveControl, TargetConnections } from '../../activities/connections';
import { grpcCode } from '../../activities/grpc-errors';
import { CONTROL_NAMESPACE } from '../../orchestrator/names';
import { logger } from '../log';

/** What every role process has: a line to control, its targets, a log and a name. */
export interface Role {
  readonly name: string;
  readonly identity: string;
  readonly log: Logger;
  readonly namespace: string;
  readonly native: NativeConnection;
  readonly client: Client;
  readonly connection: Connection;
  readonly targets: TargetConnections;
  readonly connectTimeoutMs: number;
}

export async function openRole(name: string): Promise<Role> {
  const log = logger(name);
  // Every Worker of a process hears the same signal, and the order of ending is ours; so none is left to the SDK.
  Runtime.install({ shutdownSignals: [], workerHeartbeatInterval: '1s', logger: quiet(log) });
  const control = resolveControl();
  const connectTimeoutMs = Number(process.env.BENCHMARK_CONNECT_TIMEOUT_MS) || undefined;
  const connection = await connect(control, connectTimeoutMs);
  const namespace = control.namespace || CONTROL_NAMESPACE;
  await ensureNamespace(connection, namespace);
  return {
    name,
    identity: `${name}@${hostname()}:${process.pid}`,
    log,
    namespace,
    native: await NativeConnection.connect(control.options),
    client: new Client({ connection, namespace }),
    connection,
    targets: new TargetConnections(),
    connectTimeoutMs: connectTimeoutMs ?? 15_000,
  };
}

/** Runs workers until the process is told to end: by a signal, or by its supervisor's going away. */
export async function runWorkers(role: Role, workers: readonly Worker[]): Promise<void> {
  const stop = () => workers.forEach((worker) => worker.getState() === 'RUNNING' && worker.shutdown());
  process.once('SIGTERM', stop);
  // Ctrl-C reaches the whole foreground group; only the command line answers it.
  process.on('SIGINT', () => undefined);
  if (process.connected) process.once('disconnect', stop);
  const running = workers.map((worker) => worker.run());
  process.send?.({ ready: role.name });
  role.log.info('ready', { identity: role.identity });
  await Promise.all(running);
  await role.targets.close();
  process.exit(0);
}

async function ensureNamespace(connection: Connection, namespace: string): Promise<void> {
  try {
    await connection.workflowService.describeNamespace({ namespace });
    return;
  } catch (err) {
    if (grpcCode(err) !== status.NOT_FOUND) throw err;
  }
  try {
    const workflowExecutionRetentionPeriod = { seconds: (7 * 86_400) as never };
    await connection.workflowService.registerNamespace({ namespace, workflowExecutionRetentionPeriod, description: 'Control namespace of temporal-benchmark' });
  } catch (err) {
    if (grpcCode(err) === status.ALREADY_EXISTS) return;
    throw new Error(`the control namespace ${namespace} could not be registered; name an existing one with --control-namespace`, { cause: err });
  }
}

/** The SDK's own log, warnings and worse only: its chatter is not ours. */
function quiet(log: Logger) {
  const ignore = () => undefined;
  return {
    log: (level: string, message: string, meta?: object) => void (level === 'WARN' || level === 'ERROR' ? log.log(level.toLowerCase(), message, meta) : 0),
    trace: ignore,
    debug: ignore,
    info: ignore,
    warn: (message: string, meta?: object) => void log.warn(message, meta),
    error: (message: string, meta?: object) => void log.error(message, meta),
  };
}

/** A role that cannot start says why in one line and leaves it to its supervisor to try again. */
export function failStart(err: unknown): never {
  const { message, cause } = err as Error;
  process.stderr.write(`${message}${cause instanceof Error ? `: ${cause.message}` : ''}\n`);
  process.exit(1);
}
