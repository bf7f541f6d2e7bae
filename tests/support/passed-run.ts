import { LaneAccount } from '../../activities/generate-load/lane-account';
import { idleAudit } from '../../measurement/account/generator-audit';
import { emptyHistogram, encodeHistogram, recordMs } from '../../measurement/account/histogram';
import { mergeLanes } from '../../measurement/account/lane';
import { AuditWindows } from '../../measurement/judging/audit-windows';
import { assessValidity, evidenceOf } from '../../measurement/judging/validity';
import { judge } from '../../measurement/judging/verdict';
import type { TargetObservation } from '../../measurement/server/target';
import { planOf } from '../../orchestrator/plan';
import type { RunFacts, StepFacts } from '../../report/facts';
import { histogramsOf, specOf } from './facts';
import { laneInput } from './lane';

const START_MS = 1_700_000_000_000;

function encoded(...durationsMs: number[]): string {
  const histogram = emptyHistogram(2);
  for (const durationMs of durationsMs) recordMs(histogram, durationMs);
  return encodeHistogram(histogram);
}

const target: TargetObservation = {
  queues: {
    workflow: {
      samples: 4,
      meanBacklog: 1.5,
      highestBacklog: 3,
      highestAgeMs: 200,
      growthPerSecond: 0,
      addedPerSecond: 10,
      dispatchedPerSecond: 10,
    },
    activity: null,
  },
  server: {
    endpoints: 1,
    readings: [
      {
        name: 'persistence latency',
        labels: 'CreateWorkflowExecution',
        count: 200,
        perSecond: 10,
        p50Ms: 1,
        p95Ms: 2,
        p99Ms: 3,
      },
      { name: 'visibility latency', labels: '', count: 600, perSecond: 30, p50Ms: 4.5, p95Ms: 9.75, p99Ms: 12 },
      { name: 'successful polls', labels: '', count: 400, perSecond: 20 },
      { name: 'sync-matched polls', labels: '', count: 398, perSecond: 20 },
      { name: 'database connections in use', labels: 'history #1/main', highest: 7 },
      { name: 'database connection limit', labels: 'history #1/main', highest: 20 },
    ],
    unknown: [],
  },
};

/** Returns the facts of a run of 10/s for 20 s that passed, with every optional part, unless changed. */
export function passedRun(change: Partial<RunFacts> = {}): RunFacts {
  const spec = specOf({ rate: 10, duration: '20s', executor: 'sdk' });
  const plan = planOf(spec);
  const step = plan.steps.find(({ kind }) => kind === 'hold')!;
  const hosts = new AuditWindows(1000);
  for (let i = 0; i < 20; i += 1)
    hosts.add({ startMs: START_MS + i * 1000, eventLoopUtilization: 0.02, slotsExhaustedShare: 0, cpuCores: 0.05 });
  const ledger = {
    scheduled: 200,
    acknowledged: 200,
    recovered: 0,
    rejected: {},
    skipped: {},
    unknown: {},
    inDoubt: 0,
  };
  const measurement = {
    ...mergeLanes([new LaneAccount(laneInput()).result(idleAudit, undefined)]),
    ledger,
    observation: { chosen: 200, completed: 200, failed: {}, lost: 0, pending: 0 },
    histograms: histogramsOf(Array.from({ length: 200 }, (_, i) => (i < 190 ? 40 : 80))),
    completedDuring: [[step.index, 200]] as const,
    target,
  };
  const hold: StepFacts = {
    step: { ...step, startMs: 0, durationMs: 20_000 },
    startAtMs: START_MS,
    measurement,
    settled: ledger,
    server: { total: 200, completed: 200, failed: 0, canceled: 0, terminated: 0, timedOut: 0, open: 0 },
    verdict: judge(step.thresholds!, { p99LatencyMs: 80, throughput: 10, scheduledRate: 10, errorRate: 0 }),
    validity: assessValidity(evidenceOf(measurement), [], 0),
  };
  return {
    spec,
    startedAtMs: START_MS,
    runId: 'run-1',
    workflowId: 'run',
    namespace: 'benchmark-run-1',
    thresholds: step.thresholds!,
    observeShare: 1,
    seriesWidthMs: 1000,
    loadStartMs: START_MS,
    loadDurationMs: 20_000,
    shifts: [],
    steps: [hold],
    generators: [],
    hosts: [{ host: 0, identity: 'host-0', restarts: 0, windows: hosts.encode() }],
    reconciliation: {
      settledBy: 'nothing to settle',
      visibilityWaitMs: 12_000,
      open: [],
      disagreements: [],
      completedInWindow: [],
    },
    workload: {
      sampled: 50,
      events: 11,
      bytes: 2048,
      stateTransitions: 6.5,
      tasks: {
        workflowTaskScheduleToStart: encoded(1, 2, 3),
        activityScheduleToStart: encoded(5, 5, 5),
        activityExecution: encoded(100, 100, 400),
      },
    },
    system: {
      instanceType: 'unknown',
      historyShards: 4,
      services: 'unknown',
      serverVersion: '1.32.0',
      persistence: 'postgres12',
      visibility: 'postgres12',
      clusterName: 'x',
      address: 'target:7233',
      clusterId: 'c-1',
    },
    notes: [],
    ...change,
  };
}
