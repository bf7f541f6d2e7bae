import { serveMachineMetrics } from '../machine/metrics/machine-metrics';
import { logger } from '../machine/log';
import { Supervisor, type RoleName, type RolePlan } from '../machine/supervisor';
import type { Connections } from './connection-options';
import { badConfiguration } from './errors';

const ROLES: readonly RoleName[] = ['control', 'generator', 'host'];
export const ALL_ROLES = ROLES.join(',');

/** Reads `--roles` and `--generators`. */
export function rolesOf(roles: string, generators: string): RolePlan[] {
  const names = roles.split(',').map((name) => name.trim());
  const wrong = names.filter((name) => !ROLES.includes(name as RoleName));
  if (wrong.length > 0) {
    throw badConfiguration(`roles: ${JSON.stringify(roles)} is not allowed; give some of ${ALL_ROLES}`);
  }
  const count = Number(generators);
  if (!Number.isInteger(count) || count < 1 || count > 200) {
    throw badConfiguration(
      `generators: ${JSON.stringify(generators)} is not allowed; give a whole number from 1 to 200`,
    );
  }
  return [...new Set(names as RoleName[])].map((role) => ({ role, count: role === 'generator' ? count : 1 }));
}

/** Roles in child processes of this one, and the metrics of all of them; to be stopped by whoever starts them. */
export function superviseRoles(
  plan: readonly RolePlan[],
  { env, connectTimeoutMs }: Connections,
  metrics: string,
): { readonly supervisor: Supervisor; readonly ready: Promise<void> } {
  const log = logger('supervisor');
  const environment = { ...env, BENCHMARK_CONNECT_TIMEOUT_MS: String(connectTimeoutMs) };
  const supervisor = new Supervisor(plan, environment, log);
  const serve = async () => void (await serveMachineMetrics(metrics, supervisor, log));
  return { supervisor, ready: supervisor.start().then(serve) };
}
