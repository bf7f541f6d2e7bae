import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../machine/embedded-server';
import { fromLogLines } from '../../machine/log-lines';
import type { BenchmarkResult } from '../../report/result-schema';
import { eventually, Home } from '../support/cli';
import { COMPOSE, composeServices } from '../support/compose';
import { imageEnvironment } from '../support/image-environment';
import { onEnd } from '../support/leftovers';
import { startPostgres, stopPostgres } from '../support/postgres-cluster';
import { buildServer, schemaFolder } from '../support/postgres-cluster/build';
import { expectSoundAccount } from '../support/result';

jest.setTimeout(900_000);

const SERVER_PORTS = ['FRONTEND', 'HISTORY', 'MATCHING', 'WORKER'].flatMap((service) =>
  ['GRPC', 'MEMBERSHIP'].map((use) => `${service}_${use}_PORT`),
);

/** Runs the script of the service `schema`, with the server's own tool in the place of that of the image. */
function runSchema(dir: string, port: number): number | null {
  const { entrypoint, command } = composeServices().schema!;
  const tool = join(dir, 'temporal-sql-tool');
  const script = `#!/bin/bash
args=("\${@/#postgresql/127.0.0.1}"); args=("\${args[@]/#5432/${port}}"); args=("\${args[@]/#\\/etc\\/temporal\\/schema/${schemaFolder().replaceAll('/', '\\/')}}")
exec '${join(buildServer(), 'sql')}' "\${args[@]}"\n`;
  writeFileSync(tool, script, { mode: 0o755 });
  const [program = '', ...flags] = entrypoint!;
  const env = { ...process.env, PATH: `${dir}:${process.env.PATH}` };
  return spawnSync(program, [...flags, ...command!], { env }).status;
}

test('the processes of compose.yaml, started with its environment, run a benchmark of a server on PostgreSQL', async () => {
  const services = composeServices();
  const dir = mkdtempSync(join(tmpdir(), 'benchmark-compose-'));
  chmodSync(dir, 0o777);
  const database = await freePort();
  startPostgres(dir, database, services.postgresql!.environment!.POSTGRES_USER);
  onEnd(() => {
    stopPostgres(dir);
    rmSync(dir, { recursive: true, force: true });
  });
  expect(runSchema(dir, database)).toBe(0);
  // A second `docker compose up` runs it again.
  expect(runSchema(dir, database)).toBe(0);

  const [frontend, metrics] = [await freePort(), await freePort()];
  const ports = await Promise.all(SERVER_PORTS.map(async (name) => [name, String(await freePort())] as const));
  const log = openSync(join(dir, 'server.log'), 'a');
  const server = spawn(join(buildServer(), 'server'), ['start'], {
    cwd: dir,
    env: {
      ...services.temporal!.environment,
      // The addresses of containers on this machine.
      ...Object.fromEntries(ports),
      FRONTEND_GRPC_PORT: String(frontend),
      FRONTEND_HTTP_PORT: String(await freePort()),
      BIND_ON_IP: '127.0.0.1',
      POSTGRES_SEEDS: '127.0.0.1',
      DB_PORT: String(database),
      PROMETHEUS_ENDPOINT: `127.0.0.1:${metrics}`,
      DYNAMIC_CONFIG_FILE_PATH: join(COMPOSE, '..', 'dynamicconfig', 'benchmark.yaml'),
    },
    stdio: ['ignore', log, log],
  });
  const exited = once(server, 'exit');
  onEnd(async () => {
    server.kill('SIGKILL');
    await exited;
  });
  const page = () =>
    fetch(`http://127.0.0.1:${metrics}/metrics`).then(
      (answer) => answer.text(),
      () => '',
    );
  await eventually(`the server (${dir})`, async () => (await page()).includes('persistence_requests'), 60_000);

  const home = new Home();
  const start = (name: string, more: Record<string, string>) => {
    const { environment, command } = services[name]!;
    const atHome = Object.entries(environment!).map(([variable, value]) => [
      variable,
      value.replace('temporal:7233', `127.0.0.1:${frontend}`).replace('temporal:9090', `127.0.0.1:${metrics}`),
    ]);
    return home.run(command!, { ...imageEnvironment(), ...Object.fromEntries(atHome), ...more });
  };
  const pages = await Promise.all([freePort(), freePort()]);
  const workers = ['control', 'load'].map((name, i) =>
    start(name, { BENCHMARK_METRICS_ADDRESS: `127.0.0.1:${pages[i]}` }),
  );
  for (const port of pages) {
    const isHealthy = () =>
      fetch(`http://127.0.0.1:${port}/health`).then(
        ({ ok }) => ok,
        () => false,
      );
    await eventually('health', isHealthy, 60_000);
  }
  const benchmark = await start('benchmark', { BENCHMARK_DURATION: '20s' }).ended;
  const [result] = fromLogLines(benchmark.stdout.split('\n')) as BenchmarkResult[];
  expectSoundAccount(result!);
  expect(result!.config).toMatchObject({ rate: 20, lanes: 1 });
  expect(result!.system).toMatchObject({ historyShards: 128, persistence: 'postgres12' });
  expect(result!.cluster).toMatchObject({ endpoints: 1, unknown: [] });
  expect(result!.cluster!.readings.length).toBeGreaterThan(5);
  for (const worker of workers) worker.kill('SIGTERM');
  await Promise.all(workers.map(({ ended }) => ended));
  await home.leave();
});
