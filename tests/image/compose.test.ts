import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { COMPOSE, composeServices } from '../support/compose';
import { testNeeding } from '../support/needs';
import { canPip, runPip } from '../support/pip';
import { canHavePrometheus, prometheusBinary } from '../support/prometheus';

jest.setTimeout(120_000);

const FILE = join(COMPOSE, 'compose.yaml');

testNeeding(canPip, 'pip')("compose.yaml fits Compose's schema, and a misspelled key does not", () => {
  const check = (file: string) =>
    runPip('check-jsonschema==0.39.0', 'check-jsonschema', ['--builtin-schema', 'vendor.compose-spec', file], COMPOSE);
  expect(check(FILE)).toMatchObject({ status: 0 });
  const dir = mkdtempSync(join(tmpdir(), 'benchmark-compose-'));
  writeFileSync(join(dir, 'compose.yaml'), readFileSync(FILE, 'utf8').replace('depends_on:', 'depend_on:'));
  expect(check(join(dir, 'compose.yaml'))).toMatchObject({ status: 1, output: expect.stringMatching(/depend_on/) });
  rmSync(dir, { recursive: true });
});

testNeeding(canHavePrometheus, 'Prometheus or apt-get')('promtool accepts the configuration of Prometheus', () => {
  const { status, stdout } = spawnSync(
    prometheusBinary('promtool'),
    ['check', 'config', join(COMPOSE, 'prometheus.yaml')],
    { encoding: 'utf8' },
  );
  expect([status, stdout]).toEqual([0, expect.stringMatching(/is valid/)]);
});

test('every mounted file exists, every port is only on this machine, and every process of the benchmark has a memory limit', () => {
  const services = composeServices();
  for (const { volumes = [], ports = [] } of Object.values(services)) {
    const mounted = volumes.filter((volume) => volume.includes(':')).map((volume) => volume.split(':')[0]!);
    expect(mounted.filter((path) => !existsSync(join(COMPOSE, path)))).toEqual([]);
    expect(ports.filter((port) => !port.startsWith('127.0.0.1:'))).toEqual([]);
  }
  for (const name of ['control', 'load', 'benchmark']) expect(services[name]!.mem_limit).toMatch(/^\d+[mg]$/);
});
