import { status } from '@grpc/grpc-js';
import type { Connection } from '@temporalio/client';
import type { Health } from '../orchestrator/activity-types';
import { CONNECT_TIMEOUT_MS, connect, type Resolved } from './connections';
import { describeGrpcError, grpcCode } from './grpc-errors';

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
        const { serverVersion } = await systemInfo(connection);
        await requireServing(connection);
        const clusterId = await clusterIdOf(connection);
        return { address, serverVersion: serverVersion || 'unknown', clusterId };
      });
    } finally {
      await connection.close();
    }
  } catch (err) {
    throw new Error(unreachable(address, describeGrpcError(err), connectTimeoutMs), { cause: err });
  }
}

/** Returns what every server tells its clients; nothing if the server is too old for the call. */
async function systemInfo({ workflowService }: Connection): Promise<{ readonly serverVersion?: string }> {
  try {
    return await workflowService.getSystemInfo({});
  } catch (err) {
    if (grpcCode(err) === status.UNIMPLEMENTED) return {};
    throw err;
  }
}

/** Codes with which a proxy or a locked-down server answers a service that it does not pass on. */
const CLOSED: readonly (number | undefined)[] = [
  status.UNIMPLEMENTED,
  status.PERMISSION_DENIED,
  status.UNAUTHENTICATED,
  status.NOT_FOUND,
];

const SERVING_STATUS = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'];

/** Throws if the frontend reports that it does not serve. The health service may be closed while the frontend serves. */
async function requireServing({ healthService }: Connection): Promise<void> {
  const service = 'temporal.api.workflowservice.v1.WorkflowService';
  const answer = await unlessClosed(healthService.check({ service }));
  const reported = answer && (SERVING_STATUS[answer.status] ?? String(answer.status));
  if (reported === undefined || reported === 'SERVING') return;
  throw new Error(`the health check returned ${reported}, expected SERVING`);
}

/** Returns the ID of the cluster; empty if the server does not report it. Rejects if the server cannot be reached. */
export async function clusterIdOf({ workflowService }: Connection): Promise<string> {
  return (await unlessClosed(workflowService.getClusterInfo({})))?.clusterId ?? '';
}

/** Returns the answer of a service; undefined if a proxy or a locked-down server does not pass it on. */
export async function unlessClosed<T>(answer: Promise<T>): Promise<T | undefined> {
  return await answer.catch((err: unknown) => {
    if (CLOSED.includes(grpcCode(err))) return undefined;
    throw err;
  });
}

function unreachable(address: string, cause: string, connectTimeoutMs: number): string {
  return [
    `the Temporal frontend at ${address} cannot be used (waited up to ${connectTimeoutMs / 1000} s): ${cause}`,
    `Try: temporal operator cluster health --address ${address}. Check the address and port, the TLS and API key settings, and that the server runs.`,
  ].join('\n');
}
