import { ApplicationFailure } from '@temporalio/common';
import type { Health } from '../../orchestrator/activity-types';
import { checkFrontend } from '../../temporal/check-frontend';
import { ConnectionConfigError, type Resolved } from '../../temporal/connections';

export function createCheckHealth(deps: {
  resolve: (profile?: string) => Resolved;
  controlClusterId: () => Promise<string>;
  connectTimeoutMs: number;
}) {
  /** Checks that the target serves and returns its address and version. Throws ConnectionConfig or Unhealthy. */
  return async function checkHealth(targetProfile: string | undefined): Promise<Health> {
    try {
      const { clusterId, ...health } = await checkFrontend(deps.resolve(targetProfile), deps.connectTimeoutMs);
      return { ...health, sharesControlCluster: clusterId !== '' && clusterId === (await deps.controlClusterId()) };
    } catch (err) {
      const type = err instanceof ConnectionConfigError ? 'ConnectionConfig' : 'Unhealthy';
      throw ApplicationFailure.nonRetryable((err as Error).message, type);
    }
  };
}
