import { layOut } from '../../measurement/profile';
import type { GenerateLoadInput } from '../../orchestrator/contract';

export function laneInput(
  change: Partial<GenerateLoadInput> & { rate?: number; seconds?: number } = {},
): GenerateLoadInput {
  const { rate = 100, seconds = 10, ...rest } = change;
  const [line] = layOut([{ durationMs: seconds * 1000, fromRate: rate, toRate: rate }]);
  return {
    run: { runId: 'run-1', workflowId: 'run', namespace: 'benchmark-run-1', ownsNamespace: true, taskQueue: 'q' },
    workload: 'simple',
    workflowType: 'simple',
    workflowInput: [],
    step: { ...line!, index: 0, name: '1', kind: 'hold', iteration: 1, attempt: 1 },
    lane: 0,
    lanes: 1,
    process: 'uniform',
    seed: 1,
    startAtMs: 0,
    timeline: [{ index: 0, startMs: 0, endMs: seconds * 1000 }],
    timelineOffsetMs: 0,
    seriesWidthMs: 1000,
    observeShare: 1,
    maxObservers: 1000,
    maxInFlight: 1000,
    completionTimeoutMs: 60_000,
    waitingMs: 0,
    heartbeatTimeoutMs: 5000,
    ...rest,
  };
}
