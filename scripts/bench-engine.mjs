// `npm run bench:engine -- [rounds] [seconds]`: compares this tool with a plain Go client and worker (tests/support/go-baseline), side by side
// on the in-memory frontend, alternating, repeated. Prints a Markdown table of medians and ranges. Needs Go.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { root, setUp } from './setup.mjs';

setUp();
const load = createRequire(join(root, 'dist/'));
const { GENERATOR_FLAGS } = load('./machine/generator-flags.js');
const rounds = Number(process.argv[2] ?? 3);
/** The length of each measurement of this tool. */
const seconds = Number(process.argv[3] ?? 10);
const dir = mkdtempSync(join(tmpdir(), 'bench-engine-'));
const GO_ENV = { ...process.env, CGO_ENABLED: '0', GOTOOLCHAIN: 'local', GOFLAGS: '-buildvcs=false -mod=readonly' };

function build(name) {
  const out = join(dir, name);
  const options = { cwd: join(root, 'tests/support', name), env: GO_ENV, stdio: ['ignore', 'inherit', 'inherit'] };
  const { status } = spawnSync('go', ['build', '-trimpath', '-o', out, '.'], options);
  if (status === 0) return out;
  process.stderr.write(`${name} could not be built; install Go\n`);
  process.exit(1);
}

/** Runs a program to its end and returns the JSON of its last line. */
async function output(file, args) {
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.on('data', (chunk) => (text += chunk));
  const [code] = await once(child, 'close');
  const json = text.trim().split('\n').at(-1);
  if (!json) throw new Error(`${file} ${args.join(' ')} ended with code ${code}`);
  return JSON.parse(json);
}

async function withFrontend(work) {
  const child = spawn(memoryFrontend, ['-listen', '127.0.0.1:0'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout });
  for await (const line of lines) {
    if (!line.startsWith('listening ')) continue;
    try {
      return await work(line.slice('listening '.length));
    } finally {
      child.kill('SIGTERM');
    }
  }
}

const lane = (address, ...args) =>
  output(process.execPath, [
    ...GENERATOR_FLAGS,
    join(root, 'scripts/bench-engine/lane.mjs'),
    address,
    ...args.map(String),
  ]);
const go = (address, ...flags) => output(goBaseline, ['-address', address, ...flags]);

const memoryFrontend = build('memory-frontend');
const goBaseline = build('go-baseline');
const measured = new Map();
const add = (row, side, value) => {
  const sides = measured.get(row) ?? measured.set(row, {}).get(row);
  (sides[side] ??= []).push(value);
};

const SATURATED = 'CPU per workflow, saturated, in-memory frontend (ms)';
const HIGHEST = 'workflows/s, saturated, in-memory frontend, one process';
const STARTS = 'starts/s, saturated, in-memory frontend, one process';
const OVERLOAD = 'starts/s at ten times that rate';
const LAG = 'schedule lag p99 at 1,000/s (ms)';
for (let round = 1; round <= rounds; round += 1) {
  process.stderr.write(`round ${round} of ${rounds}\n`);
  await withFrontend(async (address) => {
    const ours = await lane(address, 4000, seconds, 'workflows');
    add(SATURATED, 'tool', ours.cpuMsPerWorkflow);
    add(HIGHEST, 'tool', ours.completedPerSecond);
  });
  await withFrontend(async (address) => {
    const theirs = await go(address, '-saturate', '-inflight', '200', '-count', '20000', '-warm-up', '1000');
    add(SATURATED, 'go', theirs.cpuMsPerWorkflow);
    add(HIGHEST, 'go', theirs.ratePerSecond);
  });
  await withFrontend(async (address) => {
    const { startsPerSecond } = await lane(address, 10_000, seconds, 'starts');
    add(STARTS, 'tool', startsPerSecond);
    add(OVERLOAD, 'tool', (await lane(address, startsPerSecond * 10, seconds, 'starts')).startsPerSecond);
  });
  await withFrontend(async (address) => add(LAG, 'tool', (await lane(address, 1000, seconds, 'workflows')).lagP99Ms));
}

const show = (value) => (value >= 100 ? value.toFixed(0) : value.toFixed(2));
const cell = (values = []) => {
  if (values.length === 0) return '';
  const sorted = [...values].sort((a, b) => a - b);
  return `${show(sorted[Math.floor(sorted.length / 2)])} (${show(sorted[0])}–${show(sorted.at(-1))})`;
};
console.log(
  `${new Date().toISOString().slice(0, 10)}, ${cpus().length} CPUs (${cpus()[0].model}), Node ${process.versions.node}, ${rounds} rounds\n`,
);
console.log('| figure: median (range) | this tool | Go client and worker |\n|---|---|---|');
for (const [row, { tool: ours, go: theirs }] of measured) console.log(`| ${row} | ${cell(ours)} | ${cell(theirs)} |`);
rmSync(dir, { recursive: true, force: true });
process.exit(0);
