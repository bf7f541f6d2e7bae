// Runs every workload on one server, one after another: `node scripts/every-workload.mjs [address] [rate] [duration] [workload,…]`.
// Without an address it starts an embedded server. For each run, check-account.mjs must accept the ledger, every history must
// have the expected events (P1), and no other top-level workflow may exist (P2). Prints the table of docs/results.md.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import proto from '@temporalio/proto';
import { root, setUp } from './setup.mjs';

setUp();
const load = (path) => createRequire(import.meta.url)(join(root, 'dist', path));
const { catalog } = load('load-workflows/catalog.js');
const { parseSpec } = load('spec/parse.js');
const { startEmbeddedServer } = load('machine/embedded-server.js');
const { findServerBinary } = load('machine/server-binary.js');

const [, , given = '', rate = '5', duration = '60s', only = ''] = process.argv;
/** Parameters that suit a run of 60 s on one machine. */
const PARAMETERS = {
  'multi-activity': { activityConcurrency: 2 },
  timer: { timerDuration: '2s' },
  'local-activities': { activityCount: 3 },
  payload: { payloadSize: 'exponential:4KB' },
  idle: { idleDuration: '3s' },
  signal: { messages: 2 },
  update: { messages: 2 },
  'update-with-start': { messages: 2 },
  query: { messages: 2 },
  mix: { mix: 'simple=5,timer=2,signal=2,child-workflow=1' },
};
const HISTORIES = 100;
const TOP_LEVEL = "ParentWorkflowId IS NULL AND ExecutionStatus != 'ContinuedAsNew'";
const { EventType } = proto.temporal.api.enums.v1;

const dir = mkdtempSync(join(tmpdir(), 'every-workload-'));
const server =
  given === ''
    ? await startEmbeddedServer({ binary: await findServerBinary(), logFile: join(dir, 'server.log') })
    : undefined;
const address = server?.address ?? given;
const connection = await Connection.connect({ address });
let failures = 0;
console.log(
  '| workload | scheduled | completed by the server | p50 | p99 | events | bytes | histories compared | outcome |',
);
console.log('|---|---|---|---|---|---|---|---|---|');
for (const workload of only === '' ? [...Object.keys(catalog), 'mix'] : only.split(',')) {
  const worker = workload === 'external' ? await externalWorker() : undefined;
  const problems = await measure(workload);
  worker?.kill('SIGTERM');
  failures += problems.length > 0 ? 1 : 0;
  for (const problem of problems) console.log(`PROBLEM: ${workload}: ${problem}`);
}
await connection.close();
await server?.stop();
rmSync(dir, { recursive: true, force: true });
process.exit(failures > 0 ? 1 : 0);

/** Starts a worker without the benchmark's code, in a separate namespace, for the workload external. */
async function externalWorker() {
  const namespace = `every-workload-${Date.now()}`;
  const taskQueue = 'order-queue';
  await connection.workflowService.registerNamespace({
    namespace,
    workflowExecutionRetentionPeriod: { seconds: 86_400 },
  });
  const args = [join(root, 'tests/support/external/worker.mjs'), address, namespace, taskQueue];
  // Frontends learn of a new namespace within seconds. Until then the worker exits and is started again.
  for (let tries = 0; tries < 20; tries += 1) {
    const worker = spawn(process.execPath, args, { stdio: 'ignore' });
    const ended = await Promise.race([once(worker, 'exit'), sleep(3000)]);
    if (ended) continue;
    const externalInput = '{"order": "{{id}}", "number": {{index}}}';
    PARAMETERS.external = { externalType: 'order', externalInput, namespace, taskQueue };
    return worker;
  }
  throw new Error('the worker of the external workload did not start');
}

async function measure(workload) {
  const parameters = PARAMETERS[workload] ?? {};
  const flag = (name) => `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  const flags = Object.entries(parameters).flatMap(([name, value]) => [flag(name), String(value)]);
  const shape = ['--rate', rate, '--duration', duration, '--ramp-up', '5s', '--lanes', '1', '--workload', workload];
  const out = join(dir, workload);
  const args = ['run', '--yes', '-o', 'json', '--out', out, '--address', address, '--metrics-address', 'off'];
  const run = spawn(process.execPath, [join(root, 'dist/cli/main.js'), ...args, ...shape, ...flags], {
    env: { ...process.env, XDG_STATE_HOME: dir },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  run.stderr.on('data', (text) => (stderr += text));
  await once(run, 'close');
  const file = join(out, 'result.json');
  const result = readResult(file);
  if (!result) return [`no result: ${stderr.slice(-500)}`];
  const checker = [join(root, 'scripts/check-account.mjs'), file, address];
  const checked = spawnSync(process.execPath, checker, { encoding: 'utf8' });
  const { compared, problems } = await compareHistories(result, workload, parameters);
  if (checked.status !== 0) problems.unshift(checked.stdout.trim());
  if (result.outcome !== 'PASSED') problems.unshift(`${result.outcomes}: ${reasons(result)}`);
  const { latency } = result.results;
  const figures = [latency.p50, latency.p99].map((ms) => `${ms.toFixed(1)} ms`);
  const cost = [result.workload?.eventsPerWorkflow, result.workload?.historyBytesPerWorkflow].map((n) => n?.toFixed(0));
  const counts = [result.ledger.scheduled, result.server.counts.completed];
  console.log(
    `| ${[`\`${workload}\``, ...counts, ...figures, ...cost, compared, result.outcomes.join(', ')].join(' | ')} |`,
  );
  return problems;
}

function readResult(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

function reasons({ failureReasons, validity, error }) {
  return [...failureReasons, ...validity.reasons, error].filter(Boolean).join('; ');
}

async function compareHistories({ runId, namespace, server: { counts } }, workload, parameters) {
  const client = new Client({ connection, namespace });
  const parsed = parseSpec({ workload, ...parameters });
  const problems = [];
  const kinds = workload === 'mix' ? ['simple', 'timer', 'signal', 'child-workflow'] : [workload];
  const typeOf = ({ workflowType }) => (typeof workflowType === 'string' ? workflowType : workflowType(parsed.spec));
  const expected = new Map(kinds.map((kind) => [typeOf(catalog[kind]), catalog[kind].events(parsed.spec)]));
  let compared = 0;
  let top = 0;
  for await (const { workflowId, type } of client.workflow.list({ query: TOP_LEVEL })) {
    top += 1;
    const events = expected.get(type);
    if (!events || !workflowId.startsWith(`${runId}/`)) problems.push(`P2: ${workflowId} is a ${type}`);
    if (!events || compared === HISTORIES) continue;
    compared += 1;
    const found = countByType((await client.workflow.getHandle(workflowId).fetchHistory()).events ?? []);
    for (const [name, count] of Object.entries(events)) {
      if ((found[name] ?? 0) !== count)
        problems.push(`P1: ${workflowId} has ${found[name] ?? 0} × ${name}, expected ${count}`);
    }
  }
  if (top !== counts.total) problems.push(`P2: ${top} workflows at the top level, expected ${counts.total}`);
  return { compared, problems: problems.slice(0, 5) };
}

function countByType(events) {
  const counts = {};
  for (const { eventType, workflowTaskTimedOutEventAttributes: timedOut } of events) {
    const words = EventType[eventType].replace('EVENT_TYPE_', '').toLowerCase().split('_');
    const name = words.map((word) => word[0].toUpperCase() + word.slice(1)).join('');
    counts[name] = (counts[name] ?? 0) + 1;
    // The server schedules a timed-out task again. On a busy machine this is not a property of the workload.
    if (!timedOut) continue;
    counts.WorkflowTaskScheduled -= 1;
    if (Number(timedOut.startedEventId) > 0) counts.WorkflowTaskStarted -= 1;
  }
  return counts;
}
