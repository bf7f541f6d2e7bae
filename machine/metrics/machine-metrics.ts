import type { Logger } from 'winston';
import type { Supervisor } from '../supervisor';
import { serveMetrics } from './serve';

/**
 * Serves the metrics of all roles of this machine as one page. If the port is taken, the run continues without it. Returns
 * the warning, if there is one.
 *
 * @param address host:port, or `off`
 */
export async function serveMachineMetrics(
  address: string,
  roles: Supervisor,
  log: Logger,
): Promise<string | undefined> {
  if (address === 'off') return undefined;
  const [, host, port] = /^\[?(.*?)\]?:(\d+)$/.exec(address) ?? [];
  try {
    await serveMetrics(
      host!,
      Number(port),
      () => roles.metricsPage(),
      () => roles.healthProblems(),
    );
    return undefined;
  } catch (err) {
    const warning = `metrics cannot be served on ${address} (${(err as Error).message}); the run continues without them`;
    log.warn(warning);
    return warning;
  }
}
