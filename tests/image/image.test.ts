import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../machine/embedded-server';
import { fromLogLines } from '../../machine/log-lines';
import type { BenchmarkResult } from '../../report/result-schema';
import { eventually } from '../support/cli';
import { testNeeding } from '../support/needs';
import { expectSoundAccount } from '../support/result';
import { startTestServer, type TestServer } from '../support/server';

jest.setTimeout(900_000);

const STORE = '/var/tmp/temporal-benchmark-images/amd64';
const TAG = 'localhost/temporal-benchmark:tested';
const OWN_LAYERS_MB = 200;

const canBuild = process.getuid?.() === 0 && existsSync('/usr/bin/apt-get') && process.arch === 'x64';
const here = testNeeding(canBuild, 'root on an x86-64 Debian (buildah)');

function buildah(...args: string[]): string {
  const storage = ['--root', `${STORE}/root`, '--runroot', `${STORE}/run`, '--storage-driver', 'vfs'];
  const { status, stdout, stderr } = spawnSync('buildah', [...storage, ...args], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`buildah ${args.join(' ')}: ${stderr}`);
  return stdout.trim();
}

interface Image {
  readonly config: { Env: string[]; User: string; Entrypoint: string[]; ExposedPorts: object; Labels: object };
  readonly healthcheck: string[];
}

let container: string;
let root: string;
let image: Image;
let server: TestServer;
beforeAll(async () => {
  if (!canBuild) return;
  const script = join(__dirname, '..', 'support', 'image', 'build.sh');
  const { status, stdout, stderr } = spawnSync(script, [TAG], {
    encoding: 'utf8',
    env: { ...process.env, BENCHMARK_IMAGE_STORE: STORE },
  });
  if (status !== 0) throw new Error(stderr.slice(-4000));
  process.stderr.write(stdout);
  const inspected = JSON.parse(buildah('inspect', '--type', 'image', TAG)) as {
    Docker: { config: Image['config'] & { Healthcheck: { Test: string[] } } };
  };
  const { config } = inspected.Docker;
  image = { config, healthcheck: config.Healthcheck.Test.slice(1) };
  container = buildah('from', '--pull-never', TAG);
  root = readOnly(buildah('mount', container));
  server = await startTestServer();
});
afterAll(async () => {
  if (!canBuild) return;
  await server.stop();
  for (const part of [...BOUND, '/data', '']) spawnSync('umount', ['--lazy', `${root}${part}`]);
  buildah('umount', container);
  buildah('rm', container);
});

/** Mounts of the host that a container has too. */
const BOUND = ['/proc', '/dev'];

/** Mounts the image's file system as ECS does: read-only except /data, which belongs to the image's user. */
function readOnly(mounted: string): string {
  const dir = mkdtempSync(join(tmpdir(), 'benchmark-image-'));
  const mount = (...args: string[]) => {
    const { status, stderr } = spawnSync('mount', args, { encoding: 'utf8' });
    if (status !== 0) throw new Error(`mount ${args.join(' ')}: ${stderr}`);
  };
  mount('--bind', mounted, dir);
  for (const part of BOUND) mount('--bind', part, join(dir, part));
  mount('-o', 'remount,ro,bind', dir);
  mount('-t', 'tmpfs', '-o', 'uid=1000,gid=1000', 'tmpfs', join(dir, 'data'));
  return dir;
}

/** Starts the image's entry point with its environment and user, with the image's file system as root. */
function start(args: string[], env: Record<string, string>): ChildProcess & { output: string } {
  const all = { ...Object.fromEntries(image.config.Env.map((entry) => entry.split(/=(.*)/s).slice(0, 2))), ...env };
  const [uid, gid] = image.config.User.split(':');
  const settings = Object.entries(all).map(([name, value]) => `${name}=${value as string}`);
  const child = spawn(
    'chroot',
    [
      `--userspec=${uid}:${gid}`,
      root,
      '/usr/bin/env',
      '-C',
      '/data',
      '-i',
      ...settings,
      ...image.config.Entrypoint,
      ...args,
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  ) as ChildProcess & { output: string };
  child.output = '';
  for (const stream of [child.stdout!, child.stderr!])
    stream.on('data', (chunk: Buffer) => (child.output += chunk.toString()));
  return child;
}

function isHealthy(env: Record<string, string>): boolean {
  const settings = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  const { status } = spawnSync('chroot', [root, '/usr/bin/env', ...settings, ...image.healthcheck]);
  return status === 0;
}

here('the image has small layers of its own, a non-root user, labels, and no development files', () => {
  const sizes = Object.fromEntries(
    (JSON.parse(buildah('images', '--json')) as { names?: string[]; size: string }[]).map(({ names, size }) => [
      names?.[0] ?? 'unnamed',
      Number.parseFloat(size) * (size.endsWith('GB') ? 1000 : 1),
    ]),
  );
  expect(sizes[TAG]! - sizes['docker.io/library/node:22-bookworm-slim']!).toBeLessThan(OWN_LAYERS_MB);
  expect(image.config).toMatchObject({
    User: '1000:1000',
    Entrypoint: ['/usr/bin/tini', '--', 'benchmark'],
    ExposedPorts: { '9090/tcp': {} },
    Labels: { 'org.opencontainers.image.title': 'temporal-benchmark' },
  });
  expect(existsSync(join(root, 'app', 'node_modules', 'jest'))).toBe(false);
  expect(existsSync(join(root, 'app', 'tests'))).toBe(false);
  expect(() => writeFileSync(join(root, 'app', 'x'), '')).toThrow(/EROFS/);
});

here(
  'a non-root run against an external server is healthy while it runs, and logs its result, also after SIGTERM',
  async () => {
    const metrics = `0.0.0.0:${await freePort()}`;
    const env = { TEMPORAL_ADDRESS: server.address, BENCHMARK_METRICS_ADDRESS: metrics };
    expect(isHealthy(env)).toBe(false);
    const run = start(['--rate', '10', '--duration', '15s', '--ramp-up', '1s', '--lanes', '1', '-o', 'log'], env);
    await eventually('health', async () => isHealthy(env), 60_000);
    const [code] = (await once(run, 'exit')) as [number];
    const [result] = fromLogLines(run.output.split('\n')) as BenchmarkResult[];
    expectSoundAccount(result!);
    expect([code, result!.outcome]).toEqual([0, 'PASSED']);
    expect(result!.ledger.scheduled).toBe(145);

    // After SIGTERM during the load, it drains and reports within the stop timeout of ECS.
    const stopping = start(['--rate', '10', '--duration', '5m', '--lanes', '1', '-o', 'log'], env);
    await eventually(
      'load',
      async () => /hold .* p50/.test(stopping.output) || stopping.output.includes('ramp'),
      60_000,
    );
    const signaledAt = Date.now();
    stopping.kill('SIGTERM');
    const [stopped] = (await once(stopping, 'exit')) as [number];
    expect(Date.now() - signaledAt).toBeLessThan(120_000);
    const [aborted] = fromLogLines(stopping.output.split('\n')) as BenchmarkResult[];
    expectSoundAccount(aborted!);
    expect([stopped, aborted!.outcome]).toEqual([105, 'ABORTED']);
  },
);
