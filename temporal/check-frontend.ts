import type { Health } from '../orchestrator/activity-types';
import { CONNECT_TIMEOUT_MS, connect, type Resolved } from './connections';
import { describeGrpcError } from './grpc-errors';

/**
 * Checks that the frontend serves and returns its address, version and cluster id. Throws within the connect timeout if it
 * does not; the message says what to try.
 */
export async function checkFrontend(
  target: Resolved,
  connectTimeoutMs = CONNECT_TIMEOUT_MS,
): Promise<Omit<Health, 'sharesControlCluster'> & { clusterId: string }> {
  const { address } = target;
  try {
    const connection = await connect(target, connectTimeoutMs);
    try {
      return await connection.withDeadline(Date.now() + connectTimeoutMs, async () => {
        const { status } = await connection.healthService.check({
          service: 'temporal.api.workflowservice.v1.WorkflowService',
        });
        if (status !== SERVING) throw new Error(`the health check returned status ${status}, expected SERVING (1)`);
        const info = await connection.workflowService.getClusterInfo({}).catch(() => undefined);
        return { address, serverVersion: info?.serverVersion || 'unknown', clusterId: info?.clusterId ?? '' };
      });
    } finally {
      await connection.close();
    }
  } catch (err) {
    throw new Error(unreachable(address, describeGrpcError(err), connectTimeoutMs), { cause: err });
  }
}

const SERVING = 1;

function unreachable(address: string, cause: string, connectTimeoutMs: number): string {
  return [
    `the Temporal frontend at ${address} cannot be used (waited up to ${connectTimeoutMs / 1000} s): ${cause}`,
    `Try: temporal operator cluster health --address ${address}. Check the address and port, the TLS and API key settings, and that the server runs.`,
  ].join('\n');
}
