// One generator process with its executor, without a control server: lane.mjs ADDRESS RATE SECONDS MODE. MODE is `starts` (nobody
// executes them) or `workflows`. Prints one line of JSON: counts, rates over the load, its own CPU, memory and schedule lag.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { root } from '../setup.mjs';

const load = createRequire(join(root, 'dist/'));
const { LaneAccount } = load('./activities/generate-load/lane-account.js');
const { LaneExecutors } = load('./activities/generate-load/lane-executors.js');
const { LaneTarget } = load('./activities/generate-load/lane-target.js');
const { paceLane } = load('./activities/generate-load/pace-lane.js');
const { layOut } = load('./measurement/load/profile.js');
const { LaneMetrics } = load('./machine/metrics/lane-metrics.js');
const { summarize } = load('./measurement/account/histogram.js');

const [address, rate, seconds, mode] = [
  process.argv[2],
  Number(process.argv[3]),
  Number(process.argv[4]),
  process.argv[5],
];
const [line] = layOut([{ durationMs: seconds * 1000, fromRate: rate, toRate: rate }]);
const isLean = mode === 'workflows';
const input = {
  run: { runId: `bench-${process.pid}`, workflowId: 'bench', namespace: 'default', taskQueue: `bench-${process.pid}` },
  workload: 'simple',
  kinds: [
    { workload: 'simple', weight: 1, workflowType: 'simple', workflowInput: [], activities: false, waitingMs: 0 },
  ],
  step: { ...line, index: 0, name: '1', kind: 'hold', iteration: 1, attempt: 1 },
  ...{ lane: 0, lanes: 1, process: 'uniform', seed: 1, startAtMs: 0, timeline: [], timelineOffsetMs: 0 },
  ...{ seriesWidthMs: 1000, executor: isLean ? 'lean' : 'external', observeShare: isLean ? 1 : 0 },
  ...{ maxObservers: Number.MAX_SAFE_INTEGER, maxInFlight: rate * 11, completionTimeoutMs: 20_000 },
  ...{ connections: 1, heartbeatTimeoutMs: 5000 },
};
const targets = { resolve: () => ({ address, options: {} }), requireCluster: () => Promise.resolve() };
const executors = new LaneExecutors({ targets, identity: 'bench', buildId: 'bench', log: console.error });
// The metrics of a generator process are part of what it costs.
const observer = new LaneMetrics().lane('simple', 'default');
const target = await LaneTarget.open({ targets, identity: 'bench', executors }, input, observer);
const account = new LaneAccount(input, observer);
await target.calls.warmUp();
let maxRss = 0;
const sampling = setInterval(() => {
  account.checkpoint('sending');
  maxRss = Math.max(maxRss, process.memoryUsage.rss());
}, 1000);
const startAt = performance.now() + 100;
const now = () => performance.now() - startAt;
const loadOver = new Promise((resolve) => {
  setTimeout(
    () => {
      const { ledger, observation } = account.checkpoint('sending');
      resolve({ acknowledged: ledger.acknowledged, completed: observation.completed, cpu: process.cpuUsage(cpu) });
    },
    seconds * 1000 + 100,
  );
});
const cpu = process.cpuUsage();
const stop = new AbortController().signal;
const { completions } = await paceLane({
  input,
  account,
  target: target.calls,
  now,
  maySend: () => true,
  stop,
  from: 0,
});
const atEnd = await loadOver;
await Promise.race([completions, new Promise((resolve) => setTimeout(resolve, 20_000))]);
clearInterval(sampling);
const { ledger, observation, histograms } = account.checkpoint('settling');
const lag = summarize(histograms.lag);
const cpuMs = (atEnd.cpu.user + atEnd.cpu.system) / 1000;
console.log(
  JSON.stringify({
    scheduled: ledger.scheduled,
    acknowledged: ledger.acknowledged,
    skipped: ledger.skipped,
    completed: observation.completed,
    startsPerSecond: atEnd.acknowledged / seconds,
    completedPerSecond: atEnd.completed / seconds,
    cpuMsPerWorkflow: cpuMs / (isLean ? atEnd.completed : atEnd.acknowledged),
    lagP99Ms: lag.p99.ms,
    maxRssMiB: Math.round(maxRss / 2 ** 20),
  }),
);
target.close();
await executors.stop();
process.exit(0);
