import { ApplicationFailure } from '@temporalio/common';
import type { Health, SeenTarget } from '../../orchestrator/activity-types';
import { OTHER_CLUSTER } from '../../orchestrator/benchmark-types';
import { checkFrontend } from '../../temporal/check-frontend';
import { ConnectionConfigError, type Resolved } from '../../temporal/connections';

export function createCheckHealth(deps: {
  resolve: (profile?: string) => Resolved;
  controlClusterId: () => Promise<string>;
  connectTimeoutMs: number;
}) {
  /**
   * Checks that the target serves and returns its address, version and cluster. Throws ConnectionConfig, Unhealthy, or
   * OtherCluster if the command that started the run has seen another cluster.
   */
  return async function checkHealth(targetProfile: string | undefined, seen?: SeenTarget): Promise<Health> {
    try {
      const target = deps.resolve(targetProfile);
      const { clusterId, ...health } = await checkFrontend(target, deps.connectTimeoutMs);
      requireSameCluster({ address: health.address, clusterId }, seen);
      return {
        ...health,
        ...(clusterId === '' || target.isEmbedded ? {} : { clusterId }),
        sharesControlCluster: clusterId !== '' && clusterId === (await deps.controlClusterId()),
      };
    } catch (err) {
      if (err instanceof ApplicationFailure) throw err;
      const type = err instanceof ConnectionConfigError ? 'ConnectionConfig' : 'Unhealthy';
      throw ApplicationFailure.nonRetryable((err as Error).message, type);
    }
  };
}

function requireSameCluster(workers: SeenTarget, seen: SeenTarget | undefined): void {
  if (!seen?.clusterId || !workers.clusterId || seen.clusterId === workers.clusterId) return;
  throw ApplicationFailure.nonRetryable(
    `the workers send the load to ${workers.address} (cluster ${workers.clusterId}), but the run was started for ${seen.address} (cluster ${seen.clusterId}); set the same --address on benchmark worker and on the command that starts the run, or only on benchmark worker`,
    OTHER_CLUSTER,
  );
}
