// Measures the pacing of one generator process: `npm run bench:pacing -- [rate] [seconds]`. The target is a stub frontend in another
// process. Prints one line of JSON and asserts nothing.
import { fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { root, setUp } from './setup.mjs';

const rate = Number(process.argv[2] ?? 1000);
const seconds = Number(process.argv[3] ?? 30);
setUp();
const load = createRequire(join(root, 'dist/'));
const { GENERATOR_FLAGS } = load('./machine/generator-flags.js');
// Starts itself again with the Node flags of a generator.
if (!GENERATOR_FLAGS.every((flag) => process.execArgv.includes(flag))) {
  const again = [...GENERATOR_FLAGS, process.argv[1], ...process.argv.slice(2)];
  process.exit(spawnSync(process.execPath, again, { stdio: 'inherit' }).status ?? 1);
}
const { WireConnection } = load('./temporal/wire/connection.js');
const { LaneAccount } = load('./activities/generate-load/lane-account.js');
const { paceLane } = load('./activities/generate-load/pace-lane.js');
const { targetCalls } = load('./activities/generate-load/target-calls.js');
const { layOut } = load('./measurement/load/profile.js');
const { summarize } = load('./measurement/account/histogram.js');

const stub = fork(join(root, 'tests/support/stub-frontend.mjs'));
const [{ port }] = await once(stub, 'message');
const connection = new WireConnection({ address: `127.0.0.1:${port}`, options: {} }, 'stub');
const [line] = layOut([{ durationMs: seconds * 1000, fromRate: rate, toRate: rate }]);
const input = {
  run: { runId: 'bench', workflowId: 'bench', namespace: 'stub', ownsNamespace: true, taskQueue: 'stub' },
  workload: 'simple',
  kinds: [
    { workload: 'simple', weight: 1, workflowType: 'simple', workflowInput: [], activities: false, waitingMs: 0 },
  ],
  step: { ...line, index: 0, name: '1', kind: 'hold', iteration: 1, attempt: 1 },
  lane: 0,
  lanes: 1,
  process: 'uniform',
  seed: 1,
  startAtMs: 0,
  timeline: [],
  timelineOffsetMs: 0,
  seriesWidthMs: 1000,
  executor: 'external',
  observeShare: 0,
  maxObservers: 0,
  maxInFlight: rate * 11,
  completionTimeoutMs: 0,
  connections: 1,
  heartbeatTimeoutMs: 5000,
};
const target = targetCalls(connection, { input, taskQueue: 'stub', identity: 'bench', onRetry: () => undefined });
const account = new LaneAccount(input);
await target.warmUp();
const startAt = performance.now() + 500;
const memory = [];
const sampling = setInterval(() => {
  account.checkpoint('sending');
  memory.push(Math.round(process.memoryUsage.rss() / 2 ** 20));
}, 1000);
const loop = performance.eventLoopUtilization();
await paceLane({
  input,
  account,
  target,
  now: () => performance.now() - startAt,
  maySend: () => true,
  stop: new AbortController().signal,
  from: 0,
});
const busy = performance.eventLoopUtilization(loop).utilization;
clearInterval(sampling);
stub.send('count');
const [received] = await once(stub, 'message');
await connection.close();
stub.disconnect();
const { ledger, histograms } = account.checkpoint('settling');
const lag = summarize(histograms.lag);
const start = summarize(histograms.start);
console.log(
  JSON.stringify({
    rate,
    seconds,
    scheduled: ledger.scheduled,
    acknowledged: ledger.acknowledged,
    received: received.starts,
    distinct: received.distinct,
    lagMs: { p50: lag.p50.ms, p99: lag.p99.ms, max: lag.max.ms },
    startMs: { p50: start.p50.ms, p99: start.p99.ms },
    eventLoopUtilization: Number(busy.toFixed(3)),
    residentMiB: { third: memory[Math.floor(memory.length / 3)], last: memory.at(-1) },
  }),
);
