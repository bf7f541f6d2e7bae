import { NativeConnection, type Worker } from '@temporalio/worker';
import { Client, type Connection } from '@temporalio/client';
import { hostname } from 'node:os';
import type { Logger } from 'winston';
import { connect, resolveControl } from '../../temporal/connections';
import { TargetConnections } from '../../temporal/target-connections';
import { CONTROL_NAMESPACE } from '../../orchestrator/names';
import type { RoleReady } from './ready';
import { ensureControlNamespace } from '../control-namespace';
import { logger, quietLogger } from '../log';
import { Registry } from 'prom-client';
import { addProcessMetrics } from '../metrics/process-metrics';
import { installRuntime, withPrometheusLabels } from '../metrics/sdk-runtime';
import { fetchPage, serveMetrics } from '../metrics/serve';

/** What every role process has: connections to the control server and to targets, a log, and its identity. */
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
  /** The loopback port on which this process serves its metrics. The supervisor merges them into the machine's page. */
  readonly metricsPort: number;
}

/**
 * Starts a role process: installs the SDK's runtime, serves metrics and connects to the control server.
 *
 * @param ownMetrics returns the role's own metrics, which are served with those of the SDK
 */
export async function openRole(name: string, ownMetrics = async () => ''): Promise<Role> {
  const log = logger(name);
  // The roles stop in their own order, so the SDK must not handle signals.
  const sdkMetricsPort = await installRuntime({
    shutdownSignals: [],
    workerHeartbeatInterval: '1s',
    logger: quietLogger(log),
  });
  const processRegistry = new Registry();
  addProcessMetrics(processRegistry);
  const page = async () =>
    `${await ownMetrics()}\n${await processRegistry.metrics()}\n${sdkMetricsPort === undefined ? '' : withPrometheusLabels(await fetchPage(sdkMetricsPort))}`;
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
 * Runs workers until the process receives SIGTERM or its supervisor disappears. Then exits the process.
 *
 * @param afterwards awaited after all workers have stopped
 */
export async function runWorkers(
  role: Role,
  workers: readonly Worker[],
  afterwards: () => Promise<unknown> = () => Promise.resolve(),
): Promise<void> {
  const stop = () => workers.forEach((worker) => worker.getState() === 'RUNNING' && worker.shutdown());
  process.once('SIGTERM', stop);
  // Ctrl-C reaches all processes of the foreground group. Only the command line handles it.
  process.on('SIGINT', () => undefined);
  if (process.connected) process.once('disconnect', stop);
  const running = workers.map((worker) => worker.run());
  process.send?.({ ready: role.name, metricsPort: role.metricsPort } satisfies RoleReady);
  role.log.info('ready', { identity: role.identity });
  await Promise.all(running);
  await afterwards();
  await role.targets.close();
  process.exit(0);
}

/** Writes the error of a role that cannot start to stderr and exits. The supervisor restarts the role. */
export function exitOnStartError(err: unknown): never {
  const { message, cause } = err as Error;
  process.stderr.write(`${message}${cause instanceof Error ? `: ${cause.message}` : ''}\n`);
  process.exit(1);
}
