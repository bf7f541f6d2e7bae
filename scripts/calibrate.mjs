// Measures healthy and starved runs on an embedded server, one after another, and prints the figures of the validity checks for
// docs/calibration.md. Usage: node scripts/calibrate.mjs [repetitions]. One run takes about 35 s.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root, setUp } from './setup.mjs';

const repetitions = Number(process.argv[2] ?? 2);
/**
 * `hogs` is the number of processes that spin during the run. In every `everyMs`, the generator is stopped for `stopMs`, like a
 * container that has used up its CPU quota.
 */
const cases = [
  { name: 'healthy', rate: 10 },
  { name: 'healthy', rate: 25 },
  { name: 'healthy', rate: 40 },
  { name: 'busy machine', rate: 25, hogs: 8 },
  { name: 'starved', rate: 25, stopMs: 20, everyMs: 500 },
  { name: 'starved', rate: 25, stopMs: 50, everyMs: 500 },
  { name: 'starved', rate: 25, stopMs: 100, everyMs: 250 },
];

setUp();
const columns =
  'case | rate | starts | lag p50 | lag p95 | lag p99 | start p50 | generator busy | loop delay p99 | host busy | slots full | clock ± | valid';
console.log(`| ${columns} |\n|${'---|'.repeat(columns.split('|').length)}`);
for (const one of cases) for (let i = 0; i < repetitions; i += 1) console.log(row(one, await run(one)));

async function run({ rate, hogs = 0, stopMs = 0, everyMs = 0 }) {
  const home = mkdtempSync(join(tmpdir(), 'calibrate-'));
  const spin = ['-e', 'const end = Date.now() + 90000; while (Date.now() < end);'];
  const spinning = Array.from({ length: hogs }, () => spawn(process.execPath, spin, { stdio: 'ignore' }));
  const args = [
    'dist/cli/main.js',
    'run',
    '--rate',
    String(rate),
    '--duration',
    '30s',
    '--ramp-up',
    '2s',
    '--out',
    home,
  ];
  const bench = spawn(process.execPath, args, {
    cwd: root,
    env: { ...process.env, XDG_STATE_HOME: home },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let generator = 0;
  bench.stderr.on('data', (text) => {
    if (/hold/.test(text)) generator ||= processesOf(home).generator;
  });
  const throttling =
    stopMs > 0 &&
    setInterval(() => {
      if (!generator) return;
      process.kill(generator, 'SIGSTOP');
      setTimeout(() => process.kill(generator, 'SIGCONT'), stopMs);
    }, everyMs);
  const over = setTimeout(() => clearInterval(throttling), 32_000);
  await once(bench, 'exit');
  clearInterval(throttling);
  clearTimeout(over);
  for (const hog of spinning) hog.kill('SIGKILL');
  const result = JSON.parse(readFileSync(join(home, 'result.json'), 'utf8'));
  rmSync(home, { recursive: true });
  return result;
}

function processesOf(home) {
  const sessions = join(home, 'temporal-benchmark', 'sessions');
  return JSON.parse(readFileSync(join(sessions, readdirSync(sessions)[0], 'processes.json'), 'utf8')).pids;
}

function row({ name, rate, hogs, stopMs, everyMs }, { results, validity, generators, hosts }) {
  const what = hogs ? `${name}, ${hogs} spinning` : stopMs ? `${name}, ${stopMs} of ${everyMs} ms` : name;
  const { scheduleLag: lag, startLatency: start } = results;
  const ms = [lag.p50, lag.p95, lag.p99, start.p50].map((value) => value.toFixed(1));
  const most = (all, key) => Math.max(...all.map((one) => one[key]));
  const own = [most(generators, 'eventLoopUtilization').toFixed(2), most(generators, 'eventLoopDelayP99Ms').toFixed(1)];
  const host = [most(hosts, 'eventLoopUtilization').toFixed(2), most(hosts, 'slotsExhaustedShare').toFixed(2)];
  return `| ${[what, rate, lag.count, ...ms, ...own, ...host, most(generators, 'clockUncertaintyMs').toFixed(1), validity.valid ? 'VALID' : 'INVALID'].join(' | ')} |`;
}
