// Injects a random fault every minute into a long run: `node scripts/soak.mjs [minutes] [seed] [executor] [lanes]`. At the end, the ledger must agree
// with the server, check-account.mjs must accept it, and no process may have grown. docs/reliability.md has the findings. The seed
// determines the faults, so a soak can be repeated.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root, setUp } from './setup.mjs';

const minutes = Number(process.argv[2] ?? 20);
const seed = Number(process.argv[3] ?? 1);
const executor = process.argv[4] ?? 'lean';
const lanes = Number(process.argv[5] ?? 1);
const RATE = 20;
const SAMPLE_MS = 5000;
/** Memory at this age is the base of the growth, because a process allocates while it starts. */
const SETTLED_MS = 300_000;
const MAX_GROWTH = 0.2;

const kill = (name) => ({ name: `kill -9 ${name}`, strike: () => signal(name, 'SIGKILL') });
const freeze = (name, ms) => ({
  name: `SIGSTOP ${name} for ${ms / 1000} s`,
  strike: () => {
    const pid = signal(name, 'SIGSTOP');
    setTimeout(() => send(pid, 'SIGCONT'), ms);
    return pid;
  },
});
const faults = [
  kill('generator'),
  kill('control'),
  kill('supervisor'),
  kill('target-server'),
  kill('control-server'),
  freeze('generator', 3000),
  freeze('generator', 9000),
  freeze('target-server', 5000),
  freeze('control-server', 5000),
  // With the lean executor the generators execute the workflows.
  ...(executor === 'sdk' ? [kill('host')] : []),
];

setUp();
const dir = mkdtempSync(join(tmpdir(), 'soak-'));
const database = join(dir, 'target.db');
const env = { ...process.env, XDG_STATE_HOME: dir, BENCHMARK_METRICS_ADDRESS: 'off' };
const main = join(root, 'dist', 'cli', 'main.js');
const args = [
  'run',
  '-o',
  'json',
  '--rate',
  RATE,
  '--duration',
  `${minutes}m`,
  '--ramp-up',
  '10s',
  '--executor',
  executor,
  '--lanes',
  lanes,
];
// Without step retries, the ledger covers every fault.
const whole = ['--step-attempts', '1', '--db-filename', database, '--out', join(dir, 'out')];
const bench = spawn(process.execPath, [main, ...args.map(String), ...whole], {
  cwd: dir,
  env,
  stdio: ['ignore', 'pipe', 'pipe'],
});
let stdout = '';
let stderr = '';
bench.stdout.on('data', (text) => (stdout += text));
bench.stderr.on('data', (text) => (stderr += text));
const closed = once(bench, 'close');

const startedAt = Date.now();
const random = mulberry32(seed);
const struck = [];
const memory = new Map();
const sampling = setInterval(sampleMemory, SAMPLE_MS);
const striking = setInterval(strike, 60_000);
const [code] = await closed;
// If the command line gave up, the run continues and must be cleaned up.
if (Object.keys(processes()).length > 0) {
  const [session] = readdirSync(join(dir, 'temporal-benchmark', 'sessions'));
  spawnSync(process.execPath, [main, 'cleanup', session], { cwd: dir, env });
}
clearInterval(sampling);
clearInterval(striking);

const problems = [];
const result = parse();
if (result) {
  const { ledger, server } = result;
  if (!server.agrees) problems.push(`the ledger does not agree with the server: ${server.open.join('; ')}`);
  const expected = RATE * (minutes * 60 - 10) + (RATE * 10) / 2;
  if (ledger.scheduled !== expected) problems.push(`${ledger.scheduled} arrivals were scheduled, expected ${expected}`);
  problems.push(...(await checkOnDatabase()));
}
const growth = [...memory.values()].flatMap(growthOf);
for (const { name, share } of growth) {
  if (share > MAX_GROWTH && !name.endsWith('-server')) problems.push(`${name} grew by ${(share * 100).toFixed(0)} %`);
}
report();
rmSync(dir, { recursive: true, force: true });
process.exit(problems.length > 0 ? 1 : 0);

function processes() {
  const sessions = join(dir, 'temporal-benchmark', 'sessions');
  if (!existsSync(sessions)) return {};
  const [session] = readdirSync(sessions);
  const file = session && join(sessions, session, 'processes.json');
  if (!file || !existsSync(file)) return {};
  const { supervisorPid, pids } = JSON.parse(readFileSync(file, 'utf8'));
  return { supervisor: supervisorPid, ...pids };
}

function strike() {
  // No fault in the last 30 s, during which the ledger is closed.
  if (Date.now() - startedAt > (minutes - 0.5) * 60_000) return;
  const fault = faults[Math.floor(random() * faults.length)];
  const pid = fault.strike();
  struck.push(`${Math.round((Date.now() - startedAt) / 60_000)} min: ${fault.name}${pid ? '' : ' (no such process)'}`);
  process.stderr.write(`${struck.at(-1)}\n`);
}

/** Sends a signal to a process of this role; of several, e.g. one generator per lane, the seed chooses one. */
function signal(name, what) {
  const all = Object.entries(processes()).filter(([one]) => new RegExp(`^${name}(-\\d+)?$`).test(one));
  const [, pid] = all[Math.floor(random() * all.length)] ?? [];
  return send(pid, what) ? pid : undefined;
}

function send(pid, what) {
  try {
    return pid > 1 && process.kill(pid, what);
  } catch {
    return false;
  }
}

function sampleMemory() {
  const all = { 'command line': bench.pid, ...processes() };
  for (const [name, pid] of Object.entries(all)) {
    const bytes = residentBytes(pid);
    if (bytes === undefined) continue;
    const known = memory.get(pid) ?? { name, samples: [] };
    known.samples.push({ atMs: Date.now(), bytes });
    memory.set(pid, known);
  }
}

function residentBytes(pid) {
  try {
    return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) * 1024;
  } catch {
    return undefined;
  }
}

/** Compares the median of the last minute with that of the sixth minute. */
function growthOf({ name, samples }) {
  const bornAt = samples[0].atMs;
  const settled = samples.filter(({ atMs }) => atMs - bornAt >= SETTLED_MS && atMs - bornAt < SETTLED_MS + 60_000);
  const last = samples.filter(({ atMs }) => samples.at(-1).atMs - atMs < 60_000);
  if (settled.length === 0 || samples.at(-1).atMs - bornAt < SETTLED_MS + 120_000) return [];
  const [before, after] = [median(settled), median(last)];
  const livedMs = samples.at(-1).atMs - bornAt;
  return [{ name, before, after, share: after / before - 1, livedMs }];
}

function median(samples) {
  const sorted = samples.map(({ bytes }) => bytes).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

function parse() {
  try {
    return JSON.parse(stdout);
  } catch {
    problems.push(`no result (exit code ${code}): ${stderr.slice(-2000)}`);
    return undefined;
  }
}

/** Starts the target again on its database for check-account.mjs, because the embedded target stops with its run. */
async function checkOnDatabase() {
  const require = createRequire(import.meta.url);
  const { startEmbeddedServer } = require('../dist/machine/embedded-server.js');
  const { findServerBinary } = require('../dist/machine/server-binary.js');
  const server = await startEmbeddedServer({
    binary: await findServerBinary(),
    logFile: join(dir, 'check.log'),
    databaseFile: database,
  });
  const checker = [join(root, 'scripts', 'check-account.mjs'), join(dir, 'out', 'result.json'), server.address];
  const checked = spawnSync(process.execPath, checker, { encoding: 'utf8' });
  await server.stop();
  process.stderr.write(checked.stdout);
  return checked.status === 0 ? [] : [`check-account.mjs: ${checked.stdout.slice(0, 2000)}${checked.stderr}`];
}

function report() {
  const mib = (bytes) => `${(bytes / 2 ** 20).toFixed(0)} MiB`;
  const lines = [
    `Soak of ${minutes} minutes at ${RATE}/s, ${lanes} lanes, ${executor}, seed ${seed}, ${new Date().toISOString().slice(0, 10)}: ${problems.length === 0 ? 'passed' : 'FAILED'}`,
    ...struck.map((one) => `- ${one}`),
    ...(result ? [`ledger ${JSON.stringify(result.ledger)}`, `server ${JSON.stringify(result.server.counts)}`] : []),
    ...(result ? [`outcome ${result.outcomes.join(', ')} (exit code ${code})`] : []),
    '| process | lifetime | at 5 min | at the end | growth |',
    '|---|---|---|---|---|',
    ...growth.map(
      ({ name, before, after, share, livedMs }) =>
        `| ${name} | ${Math.round(livedMs / 60_000)} min | ${mib(before)} | ${mib(after)} | ${(share * 100).toFixed(1)} % |`,
    ),
    ...problems.map((problem) => `PROBLEM: ${problem}`),
  ];
  console.log(lines.join('\n'));
}

/** Mulberry32, a small random number generator in the public domain, by Tommy Ettinger. */
function mulberry32(state) {
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
