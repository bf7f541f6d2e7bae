import { LaneAccount } from '../../activities/generate-load/lane-account';
import { idleAudit } from '../../measurement/account/generator-audit';
import type { LaneResult } from '../../measurement/account/lane';
import { countArrivals } from '../../measurement/load/arrivals';
import { expectedArrivals, instantOf } from '../../measurement/load/profile';
import type { GenerateLoadInput } from '../../orchestrator/activity-types';

/** How a cluster that a test plays behaves. */
export interface PlayedCluster {
  /** Completions per second, at most; each step begins with an empty queue. */
  readonly capacity: number;
  /** Starts per second that are accepted, at most. */
  readonly rateLimit?: number;
  /** Latency of a workflow that does not wait in the queue, milliseconds. */
  readonly latencyMs?: number;
}

const REFUSED = 'RESOURCE_EXHAUSTED/RPS_LIMIT/namespace';

/** A lane of a cluster that completes workflows one after another, in the order of their due times. */
export function playLane(input: GenerateLoadInput, cluster: PlayedCluster): LaneResult {
  const { capacity, rateLimit = Infinity, latencyMs = 10 } = cluster;
  const account = new LaneAccount(input);
  const { step, lane, lanes, process, seed } = input;
  const count = countArrivals({ line: step, lineIndex: step.index, lane, lanes, process, seed });
  let freeAtMs = 0;
  let accepted = 0;
  for (let i = 0; i < count; i += 1) {
    const dueMs = instantOf(step, Math.min(i * lanes, expectedArrivals(step, step.durationMs)));
    account.schedule(i, dueMs);
    account.send(i, 0);
    if (accepted >= (rateLimit / lanes) * (dueMs / 1000 + 1)) {
      account.fail(i, dueMs, { kind: 'rejected', cause: REFUSED, message: 'namespace rate limit exceeded' });
      continue;
    }
    accepted += 1;
    account.acknowledge(i, dueMs, 1);
    account.choose(dueMs);
    freeAtMs = Math.max(freeAtMs, dueMs) + (1000 * lanes) / capacity;
    const atMs = freeAtMs + latencyMs;
    account.complete({ sequence: i, atMs, latencyMs: atMs - dueMs, serviceMs: atMs - dueMs });
  }
  return account.result(idleAudit, undefined);
}
