import { cpus, hostname } from 'node:os';
import type { RunRef, SystemDescription } from '../orchestrator/contract';
import type { TargetConnections } from './connections';

/** What the cluster says of itself. What it does not say, or not to us, is 'unknown' (R6.3). */
export function createDescribeSystem({ targets, embedded }: { targets: TargetConnections; embedded: boolean }) {
  return async function describeSystem(run: RunRef): Promise<SystemDescription> {
    const connection = await targets.get(run.targetProfile);
    const info = await connection.withDeadline(Date.now() + 5000, () =>
      connection.workflowService.getClusterInfo({}).catch(() => undefined),
    );
    return {
      serverVersion: info?.serverVersion || 'unknown',
      historyShards: info?.historyShardCount || 'unknown',
      // Members of each service are told by the admin API only, which clients are not given.
      services: 'unknown',
      persistence: info?.persistenceStore || 'unknown',
      visibility: info?.visibilityStore || 'unknown',
      clusterName: info?.clusterName || 'unknown',
      // The API tells nothing of the machines below; only an embedded server's is known, because it is this one.
      instanceType: embedded ? `embedded on ${hostname()} (${cpus().length} CPUs)` : 'unknown',
    };
  };
}
