import type { ArgumentsCamelCase, Argv } from 'yargs';
import { checkFrontend } from '../../activities/check-health';
import { connect, type Resolved } from '../../activities/connections';
import { ensureControlNamespace } from '../../machine/control-namespace';
import { logger } from '../../machine/log';
import { serveMachineMetrics } from '../../machine/metrics/machine-metrics';
import { Supervisor, type RoleName, type RolePlan } from '../../machine/supervisor';
import { CONTROL_NAMESPACE } from '../../orchestrator/names';
import { metricsAddress, readConnections, withConnectionOptions, withMetricsOption } from '../connection-options';
import { badConfiguration } from '../errors';

export const command = 'worker';
export const describe = 'Run roles of the benchmark on this machine until told to stop';

/** Scraped from elsewhere: a worker serves its metrics to its network. */
const METRICS = '0.0.0.0:9090';

const ROLES: readonly RoleName[] = ['control', 'generator', 'host'];

export function builder(yargs: Argv) {
  return withMetricsOption(withConnectionOptions(yargs), METRICS)
    .option('roles', {
      type: 'string',
      requiresArg: true,
      default: ROLES.join(','),
      describe: 'Which: control runs BenchmarkRun, generator sends load, host runs workers for the load workflows',
    })
    .option('generators', {
      type: 'string',
      requiresArg: true,
      default: '1',
      describe: 'Generator processes: each runs one lane of a step',
    });
}

export async function handler(argv: ArgumentsCamelCase<Record<string, unknown>>): Promise<number> {
  const { control, env, connectTimeoutMs } = readConnections(argv);
  if (!control) {
    throw badConfiguration('control-address: a worker needs a control server; give --control-address host:port');
  }
  const plan = rolesOf(String(argv.roles), String(argv.generators));
  await checkFrontend(control, connectTimeoutMs);
  await checkNamespace(control, connectTimeoutMs);
  const log = logger('supervisor');
  const supervisor = new Supervisor(plan, { ...env, BENCHMARK_CONNECT_TIMEOUT_MS: String(connectTimeoutMs) }, log);
  const told = new Promise<string>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => resolve(signal));
  });
  const metrics = metricsAddress(argv, METRICS);
  await Promise.race([supervisor.start(), told]);
  await serveMachineMetrics(metrics, supervisor, log);
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

function rolesOf(roles: string, generators: string): RolePlan[] {
  const names = roles.split(',').map((name) => name.trim());
  const wrong = names.filter((name) => !ROLES.includes(name as RoleName));
  if (wrong.length > 0) {
    throw badConfiguration(`roles: ${JSON.stringify(roles)} is not allowed; give some of ${ROLES.join(',')}`);
  }
  const count = Number(generators);
  if (!Number.isInteger(count) || count < 1 || count > 200) {
    throw badConfiguration(
      `generators: ${JSON.stringify(generators)} is not allowed; give a whole number from 1 to 200`,
    );
  }
  return [...new Set(names as RoleName[])].map((role) => ({ role, count: role === 'generator' ? count : 1 }));
}
