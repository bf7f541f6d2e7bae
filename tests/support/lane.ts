import { LaneAccount } from '../../activities/generate-load/lane-account';
import type { ArrivalKind } from '../../load-workflows/kinds';
import { type LaneResult } from '../../measurement/account/lane';
import { idleAudit } from '../../measurement/account/generator-audit';
import { layOut } from '../../measurement/load/profile';
import type { GenerateLoadInput } from '../../orchestrator/activity-types';

export const simple: ArrivalKind = {
  workload: 'simple',
  weight: 1,
  workflowType: 'simple',
  workflowInput: [],
  activities: false,
  waitingMs: 0,
};

/** Returns the input of a lane: 100/s for 10 s on one lane, unless changed. */
export function laneInput(
  change: Partial<GenerateLoadInput> & { rate?: number; seconds?: number } = {},
): GenerateLoadInput {
  const { rate = 100, seconds = 10, ...rest } = change;
  const [line] = layOut([{ durationMs: seconds * 1000, fromRate: rate, toRate: rate }]);
  return {
    run: { runId: 'run-1', workflowId: 'run', namespace: 'benchmark-run-1', ownsNamespace: true, taskQueue: 'q' },
    workload: 'simple',
    kinds: [simple],
    step: { ...line!, index: 0, name: '1', kind: 'hold', iteration: 1, attempt: 1 },
    lane: 0,
    lanes: 1,
    process: 'uniform',
    seed: 1,
    startAtMs: 0,
    timeline: [{ index: 0, startMs: 0, endMs: seconds * 1000 }],
    timelineOffsetMs: 0,
    seriesWidthMs: 1000,
    executor: 'external',
    observeShare: 1,
    maxObservers: 1000,
    maxInFlight: 1000,
    connections: 1,
    completionTimeoutMs: 60_000,
    heartbeatTimeoutMs: 5000,
    ...rest,
  };
}

/** Returns the largest possible lane result: latencies of all sizes, non-adjacent rejections, a long identity. */
export function largeLane(input: GenerateLoadInput): LaneResult {
  const account = new LaneAccount(input);
  const { step, lane } = input;
  const count = step.kind === 'ramp' ? 100 : 1200;
  for (let i = 0; i < count; i += 1) {
    const atMs = (i * step.durationMs) / count;
    account.schedule(i, atMs);
    account.send(i, (i % 977) / 500);
    if (i % 100 === 0) {
      account.fail(i, atMs, {
        kind: 'rejected',
        cause: 'RESOURCE_EXHAUSTED/RPS_LIMIT/namespace',
        message: 'slow down',
      });
      continue;
    }
    const latencyMs = 15 * Math.exp(3 * Math.sin(i * 1.7 + lane) ** 3);
    account.acknowledge(i, atMs, latencyMs / 4);
    account.choose(0);
    account.complete({ sequence: i, atMs: Math.min(step.durationMs - 1, atMs), latencyMs, serviceMs: latencyMs - 0.5 });
  }
  const identity = `generator@ip-10-0-123-${lane}.eu-central-1.compute.internal:${10_000 + lane}`;
  return account.result({ ...idleAudit, identity, attempts: 1, eventLoopUtilization: 0.1 + lane / 1000 }, undefined);
}
