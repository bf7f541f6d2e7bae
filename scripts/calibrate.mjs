// Healthy and starved runs at home, one after another, and what law 8's checks measured in each: the figures behind
// docs/calibration.md. Usage: node scripts/calibrate.mjs [repetitions]; takes about 30 s a run.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root, setUp } from './setup.mjs';

const repetitions = Number(process.argv[2] ?? 2);
/** Hogs are processes that spin for as long as the run lasts. */
const cases = [
  { name: 'healthy', rate: 10, hogs: 0 },
  { name: 'healthy', rate: 25, hogs: 0 },
  { name: 'healthy', rate: 40, hogs: 0 },
  { name: 'starved', rate: 25, hogs: 2 },
  { name: 'starved', rate: 25, hogs: 4 },
  { name: 'starved', rate: 25, hogs: 8 },
];

setUp();
console.log('| case | rate | hogs | samples | lag p50 | lag p95 | lag p99 | start p50 | generator busy | host busy | slots full | clock ± | valid |');
console.log('|---|---|---|---|---|---|---|---|---|---|---|---|---|');
for (const { name, rate, hogs } of cases) {
  for (let i = 0; i < repetitions; i += 1) {
    const spinning = Array.from({ length: hogs }, () => spawn(process.execPath, ['-e', 'const end = Date.now() + 90000; while (Date.now() < end);']));
    const out = mkdtempSync(join(tmpdir(), 'calibrate-'));
    const args = ['dist/cli/main.js', 'run', '--rate', String(rate), '--duration', '25s', '--ramp-up', '5s', '--out', out];
    spawnSync(process.execPath, args, { cwd: root, stdio: 'ignore', timeout: 120_000 });
    for (const hog of spinning) hog.kill('SIGKILL');
    const { results, validity, generators, hosts } = JSON.parse(readFileSync(join(out, 'result.json'), 'utf8'));
    rmSync(out, { recursive: true });
    const { scheduleLag: lag, startLatency: start } = results;
    const clock = Math.max(...generators.map((one) => one.clockUncertaintyMs));
    const busy = (all) => Math.max(...all.map((one) => one.eventLoopUtilization)).toFixed(2);
    const slots = Math.max(...hosts.map((one) => one.slotsExhaustedShare));
    const ms = [lag.p50, lag.p95, lag.p99, start.p50].map((value) => value.toFixed(1));
    console.log(`| ${[name, rate, hogs, lag.count, ...ms, busy(generators), busy(hosts), slots.toFixed(2), clock.toFixed(1), validity.valid].join(' | ')} |`);
  }
}
