import type { Logger } from 'winston';
import type { Supervisor } from '../supervisor';
import { serveMetrics } from './serve';

/**
 * Serves the machine's one page. Where the port is taken the run goes on without it.
 *
 * @param address host:port, or `off`
 * @returns the warning, if there is one
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
      () => roles.sick(),
    );
    return undefined;
  } catch (err) {
    const warning = `metrics cannot be served on ${address} (${(err as Error).message}); the run goes on without them`;
    log.warn(warning);
    return warning;
  }
}
