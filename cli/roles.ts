import { serveMachineMetrics } from '../machine/metrics/machine-metrics';
import { logger } from '../machine/log';
import { Supervisor, type RoleName, type RolePlan } from '../machine/supervisor';
import type { Connections } from './connection-options';
import { invalidSetting, toWholeNumber, type Setting } from './settings';

const ROLES: readonly RoleName[] = ['control', 'generator', 'host'];
export const ALL_ROLES = ROLES.join(',');

/**
 * Reads which roles to run, and how many processes of each.
 *
 * @param roles role names, separated by commas
 * @param generators the number of generator processes
 */
export function rolesOf(roles: Setting, generators: Setting): RolePlan[] {
  const names = roles.value.split(',').map((name) => name.trim());
  if (names.some((name) => !ROLES.includes(name as RoleName))) {
    throw invalidSetting(roles.name, roles.value, `one or more of ${ROLES.join(', ')}, separated by commas`);
  }
  const count = toWholeNumber(generators.name, generators.value, 1, 200);
  return [...new Set(names as RoleName[])].map((role) => ({ role, count: role === 'generator' ? count : 1 }));
}

/** Starts roles in child processes, and one page with the metrics of all of them. The caller stops the supervisor. */
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
