import type { ArgumentsCamelCase, Argv } from 'yargs';
import { checkFrontend } from '../../temporal/check-frontend';
import { connect, type Resolved } from '../../temporal/connections';
import { ensureControlNamespace } from '../../machine/control-namespace';
import { logger } from '../../machine/log';
import { CONTROL_NAMESPACE } from '../../orchestrator/names';
import { metricsAddress, readConnections, withConnectionOptions, withMetricsOption } from '../connection-options';
import { badConfiguration } from '../errors';
import { ALL_ROLES, rolesOf, superviseRoles } from '../roles';

export const command = 'worker';
export const describe = 'Run roles of the benchmark on this machine until told to stop';

/** Scraped from elsewhere: a worker serves its metrics to its network. */
const METRICS = '0.0.0.0:9090';

export function builder(yargs: Argv) {
  return withMetricsOption(withConnectionOptions(yargs), METRICS)
    .option('roles', {
      type: 'string',
      requiresArg: true,
      describe: `Which: control runs BenchmarkRun, generator sends load, host runs workers for the load workflows [BENCHMARK_ROLES] (default: ${ALL_ROLES})`,
    })
    .option('generators', {
      type: 'string',
      requiresArg: true,
      describe: 'Generator processes: each runs one lane of a step [BENCHMARK_GENERATORS] (default: 1)',
    });
}

export async function handler(argv: ArgumentsCamelCase<Record<string, unknown>>): Promise<number> {
  const connections = readConnections(argv);
  const { control, env, connectTimeoutMs } = connections;
  if (!control) {
    throw badConfiguration('control-address: a worker needs a control server; give --control-address host:port');
  }
  const plan = rolesOf(
    String(argv.roles ?? (env.BENCHMARK_ROLES || ALL_ROLES)),
    String(argv.generators ?? (env.BENCHMARK_GENERATORS || 1)),
  );
  await checkFrontend(control, connectTimeoutMs);
  await checkNamespace(control, connectTimeoutMs);
  const log = logger('supervisor');
  const told = new Promise<string>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => resolve(signal));
  });
  const { supervisor, ready } = superviseRoles(plan, connections, metricsAddress(argv, METRICS));
  await Promise.race([ready, told]);
  log.info('ready', {
    roles: plan.map(({ role, count }) => `${count} × ${role}`).join(', '),
    control: control.address,
  });
  log.info('stopping', { signal: await told });
  await supervisor.stop();
  return 0;
}

/** Registers the control namespace, or says that an existing one has to be named. */
async function checkNamespace(control: Resolved, connectTimeoutMs: number): Promise<void> {
  const connection = await connect(control, connectTimeoutMs);
  try {
    await ensureControlNamespace(connection, control.namespace || CONTROL_NAMESPACE);
  } catch (err) {
    throw badConfiguration((err as Error).message);
  } finally {
    await connection.close();
  }
}
