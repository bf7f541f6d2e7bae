import { NativeConnection, type Worker } from '@temporalio/worker';
import { Client, type Connection } from '@temporalio/client';
import { hostname } from 'node:os';
import type { Logger } from 'winston';
import { connect, resolveControl, TargetConnections } from '../../temporal/connections';
import { CONTROL_NAMESPACE } from '../../orchestrator/names';
import type { RoleReady } from './ready';
import { ensureControlNamespace } from '../control-namespace';
import { logger, quietLogger } from '../log';
import { Registry } from 'prom-client';
import { addProcessMetrics } from '../metrics/process-metrics';
import { installRuntime, withPrometheusLabels } from '../metrics/sdk-runtime';
import { fetchPage, serveMetrics } from '../metrics/serve';

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
  /** Where this process serves its page, for the machine's. */
  readonly metricsPort: number;
}

/** @param ownMetrics what the role measures itself, beside the SDK's own metrics */
export async function openRole(name: string, ownMetrics = async () => ''): Promise<Role> {
  const log = logger(name);
  // Every Worker of a process hears the same signal, and the order of ending is ours; so none is left to the SDK.
  const corePort = await installRuntime({
    shutdownSignals: [],
    workerHeartbeatInterval: '1s',
    logger: quietLogger(log),
  });
  const ofProcess = new Registry();
  addProcessMetrics(ofProcess);
  const page = async () =>
    `${await ownMetrics()}\n${await ofProcess.metrics()}\n${corePort === undefined ? '' : withPrometheusLabels(await fetchPage(corePort))}`;
  const { port: metricsPort } = await serveMetrics('127.0.0.1', 0, page);
  const control = resolveControl();
  const connectTimeoutMs = Number(process.env.BENCHMARK_CONNECT_TIMEOUT_MS) || undefined;
  const connection = await connect(control, connectTimeoutMs);
  const namespace = control.namespace || CONTROL_NAMESPACE;
  await ensureControlNamespace(connection, namespace);
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
    metricsPort,
  };
}

/**
 * Runs workers until the process is told to end: by a signal, or by its supervisor's going away.
 *
 * @param rest what is still to be done once no worker runs any more
 */
export async function runWorkers(
  role: Role,
  workers: readonly Worker[],
  rest: () => Promise<unknown> = () => Promise.resolve(),
): Promise<void> {
  const stop = () => workers.forEach((worker) => worker.getState() === 'RUNNING' && worker.shutdown());
  process.once('SIGTERM', stop);
  // Ctrl-C reaches the whole foreground group; only the command line answers it.
  process.on('SIGINT', () => undefined);
  if (process.connected) process.once('disconnect', stop);
  const running = workers.map((worker) => worker.run());
  process.send?.({ ready: role.name, metricsPort: role.metricsPort } satisfies RoleReady);
  role.log.info('ready', { identity: role.identity });
  await Promise.all(running);
  await rest();
  await role.targets.close();
  process.exit(0);
}

/** A role that cannot start says why in one line and leaves it to its supervisor to try again. */
export function exitOnStartError(err: unknown): never {
  const { message, cause } = err as Error;
  process.stderr.write(`${message}${cause instanceof Error ? `: ${cause.message}` : ''}\n`);
  process.exit(1);
}
