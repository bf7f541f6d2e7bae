import type { Logger } from 'winston';
import type { ArgumentsCamelCase, Argv } from 'yargs';
import { checkFrontend } from '../../temporal/check-frontend';
import { connect, type Resolved } from '../../temporal/connections';
import { ensureControlNamespace } from '../../machine/control-namespace';
import { logger } from '../../machine/log';
import { registerSearchAttributes } from '../../machine/search-attributes';
import { CONTROL_NAMESPACE } from '../../orchestrator/names';
import {
  metricsAddress,
  readConnections,
  withConnectionOptions,
  withMetricsOption,
  withServerMetricsOption,
} from '../connection-options';
import { badConfiguration } from '../errors';
import { readSetting } from '../settings';
import { ALL_ROLES, rolesOf, superviseRoles } from '../roles';

export const command = 'worker';
export const describe = 'Run roles of the benchmark on this machine until interrupted';

/** The metrics of a worker are scraped from other machines. */
const METRICS = '0.0.0.0:9090';

export function builder(yargs: Argv) {
  return withMetricsOption(withServerMetricsOption(withConnectionOptions(yargs)), METRICS)
    .option('roles', {
      type: 'string',
      requiresArg: true,
      describe: `Roles, separated by commas: control runs the benchmark workflows, generator sends the load, host runs the load workflows [BENCHMARK_ROLES] (default: ${ALL_ROLES})`,
    })
    .option('generators', {
      type: 'string',
      requiresArg: true,
      describe: 'Generator processes; each runs one lane at a time [BENCHMARK_GENERATORS] (default: 1)',
    });
}

export async function handler(argv: ArgumentsCamelCase<Record<string, unknown>>): Promise<number> {
  const connections = readConnections(argv);
  const { control, env, connectTimeoutMs } = connections;
  if (!control) {
    throw badConfiguration('--control-address is required: the control server of the benchmark, host:port');
  }
  const plan = rolesOf(
    readSetting(argv, 'roles', ['BENCHMARK_ROLES'], env) ?? { name: '--roles', value: ALL_ROLES },
    readSetting(argv, 'generators', ['BENCHMARK_GENERATORS'], env) ?? { name: '--generators', value: '1' },
  );
  const metrics = metricsAddress(argv, METRICS);
  refuseWithoutRole(
    argv,
    plan.map(({ role }) => role),
  );
  await checkFrontend(control, connectTimeoutMs);
  const log = logger('supervisor');
  await prepareControlNamespace(control, connectTimeoutMs, log);
  const stopSignal = new Promise<string>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => resolve(signal));
  });
  const { supervisor, ready } = superviseRoles(plan, connections, metrics);
  await Promise.race([ready, stopSignal]);
  log.info('ready', {
    roles: plan.map(({ role, count }) => `${count} × ${role}`).join(', '),
    control: control.address,
  });
  log.info('stopping', { signal: await stopSignal });
  await supervisor.stop();
  return 0;
}

/** Throws a configuration error for flags that only another role reads. */
export function refuseWithoutRole(argv: Readonly<Record<string, unknown>>, roles: readonly string[]): void {
  for (const [flag, role] of [
    ['generators', 'generator'],
    ['server-metrics', 'control'],
    ['dsql-cluster', 'control'],
    ['aws-region', 'control'],
  ] as const) {
    if (argv[flag] !== undefined && !roles.includes(role)) {
      throw badConfiguration(`--${flag} requires the role ${role}; expected it in --roles`);
    }
  }
}

/** Registers the control namespace and its search attributes. Throws a configuration error if it cannot be used. */
async function prepareControlNamespace(control: Resolved, connectTimeoutMs: number, log: Logger): Promise<void> {
  const connection = await connect(control, connectTimeoutMs);
  const namespace = control.namespace || CONTROL_NAMESPACE;
  try {
    await ensureControlNamespace(connection, namespace);
    const reason = await registerSearchAttributes(connection, namespace);
    if (reason !== undefined)
      log.info('the namespace has no search attributes for runs; their outcomes are in the memo', {
        namespace,
        reason,
      });
  } catch (err) {
    throw badConfiguration((err as Error).message);
  } finally {
    await connection.close();
  }
}
