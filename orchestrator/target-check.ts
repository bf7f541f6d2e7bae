import type { Health } from './activity-types';
import { shortActivities } from './proxies';

/** Returns the target that the workers of the control server reach, so that a user can be asked before a run is started. */
export async function TargetCheck(targetProfile?: string): Promise<Health> {
  return await shortActivities.checkHealth(targetProfile);
}
