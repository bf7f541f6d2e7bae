// Measures the CPU cost of metrics: `node scripts/bench-metrics.mjs [rate] [duration] [rounds]`. Each round has two simultaneous
// runs against one embedded server: one with all metrics (scraped every 15 s, and reading the server's metrics) and one without.
// Prints the CPU time per workflow of each. Excludes the control servers, because they are not part of the benchmark.
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root, setUp } from './setup.mjs';

setUp();
const load = (path) => createRequire(import.meta.url)(join(root, 'dist', path));
const { freePort, startEmbeddedServer } = load('machine/embedded-server.js');
const { findServerBinary } = load('machine/server-binary.js');
const [, , rate = '20', duration = '30s', rounds = '3'] = process.argv;
const TICKS_PER_SECOND = 100;

const dir = mkdtempSync(join(tmpdir(), 'bench-metrics-'));
const binary = await findServerBinary();
const serverMetrics = await freePort();
const server = await startEmbeddedServer({ binary, logFile: join(dir, 'server.log'), metricsPort: serverMetrics });

const ticks = new Map();
/** Records the CPU time of the marked processes. The last value of a process stays after its exit. */
function sampleCpu() {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const mark = /(?:^|\0)BENCH_MARK=(\w+)/.exec(readFileSync(`/proc/${pid}/environ`, 'latin1'))?.[1];
      const command = readFileSync(`/proc/${pid}/cmdline`, 'latin1');
      if (!mark || /start-dev/.test(command)) continue;
      const name = /(\w[\w-]*)\.js/.exec(command)?.[1] ?? 'other';
      const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1].split(' ');
      ticks.set(`${mark} ${name} ${pid}`, Number(fields[11]) + Number(fields[12]));
    } catch {
      continue;
    }
  }
}

async function benchmark(mark, options) {
  const env = { ...process.env, BENCH_MARK: mark, XDG_STATE_HOME: join(dir, mark), npm_config_offline: 'true' };
  const args = [
    'run',
    '--address',
    server.address,
    '--rate',
    rate,
    '--duration',
    duration,
    '--ramp-up',
    '2s',
    '-o',
    'json',
  ];
  const child = spawn(process.execPath, [join(root, 'dist/cli/main.js'), ...args, '--yes', ...options], {
    cwd: dir,
    env,
  });
  let stdout = '';
  child.stdout.on('data', (chunk) => (stdout += chunk));
  child.stderr.resume();
  await new Promise((resolve) => child.once('close', resolve));
  const { outcome, server: account } = JSON.parse(stdout);
  if (outcome !== 'PASSED') console.log(`${mark}: ${outcome}`);
  return account.counts.completed;
}

const watch = setInterval(sampleCpu, 200);
const ratios = [];
for (let round = 1; round <= Number(rounds); round += 1) {
  const [on, off] = [`on${round}`, `off${round}`];
  const page = await freePort();
  const scrape = setInterval(
    () =>
      fetch(`http://127.0.0.1:${page}/metrics`)
        .then((r) => r.text())
        .catch(() => ''),
    15_000,
  );
  const [withMetrics, without] = await Promise.all([
    benchmark(on, [
      '--metrics-address',
      `127.0.0.1:${page}`,
      '--server-metrics',
      `http://127.0.0.1:${serverMetrics}/metrics`,
    ]),
    benchmark(off, ['--metrics-address', 'off']),
  ]);
  clearInterval(scrape);
  const seconds = (mark) =>
    [...ticks].reduce((sum, [of, n]) => sum + (of.startsWith(`${mark} `) ? n : 0), 0) / TICKS_PER_SECOND;
  for (const name of new Set([...ticks.keys()].filter((of) => of.startsWith(`${on} `)).map((of) => of.split(' ')[1])))
    console.log(
      `  ${name}: ${seconds(`${on} ${name}`).toFixed(2)} s with metrics, ${seconds(`${off} ${name}`).toFixed(2)} s without`,
    );
  const [a, b] = [(1000 * seconds(on)) / withMetrics, (1000 * seconds(off)) / without];
  ratios.push(a / b);
  console.log(
    `round ${round}: ${a.toFixed(2)} ms CPU per workflow with metrics, ${b.toFixed(2)} ms without: ${((a / b - 1) * 100).toFixed(1)} %`,
  );
}
clearInterval(watch);
const mean = ratios.reduce((sum, ratio) => sum + ratio, 0) / ratios.length;
console.log(`mean of ${ratios.length} rounds: ${((mean - 1) * 100).toFixed(1)} % more CPU per workflow with metrics`);
await server.stop();
rmSync(dir, { recursive: true, force: true });
