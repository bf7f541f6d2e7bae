import { roleEnvironment } from '../../machine/role-environment';
import type { SessionRun } from '../../machine/session';
import { embeddedServer, resolveControl, resolveTarget } from '../../temporal/connections';

const processes = {
  supervisorPid: 1,
  pids: {},
  controlAddress: '127.0.0.1:1',
  targetAddress: '127.0.0.1:2',
  targetMetrics: '127.0.0.1:3',
};
const session = (embeddedTarget: boolean) => ({
  processes,
  run: { embeddedTarget, connectTimeoutMs: 5 } as SessionRun,
});

const users = {
  PATH: '/bin',
  BENCHMARK_MAX_RATE: '7',
  TEMPORAL_CLI_PATH: '/bin/temporal',
  TEMPORAL_API_KEY: 'key',
  TEMPORAL_TLS: 'true',
  TEMPORAL_ADDRESS: 'users:1',
  BENCHMARK_CONTROL_API_KEY: 'key',
  BENCHMARK_CONTROL_PROFILE: 'none',
  BENCHMARK_SERVER_PROMETHEUS: 'http://prometheus:9090',
};

test('no connection setting of the user reaches the processes of an embedded target, and everything else does', () => {
  expect(roleEnvironment(session(true), users)).toEqual({
    PATH: '/bin',
    BENCHMARK_MAX_RATE: '7',
    TEMPORAL_CLI_PATH: '/bin/temporal',
    BENCHMARK_CONNECT_TIMEOUT_MS: '5',
    BENCHMARK_CONTROL_EMBEDDED_ADDRESS: '127.0.0.1:1',
    BENCHMARK_EMBEDDED_ADDRESS: '127.0.0.1:2',
    BENCHMARK_EMBEDDED_TARGET: '[]',
    BENCHMARK_SERVER_METRICS: 'http://127.0.0.1:3/metrics',
  });
});

test("the user's target is reached with the user's settings, the embedded control server is not", () => {
  const env = roleEnvironment(session(false), users);
  expect(resolveTarget(undefined, env)).toMatchObject({ address: 'users:1', options: { apiKey: 'key' } });
  expect(resolveControl(env)).toEqual(embeddedServer('127.0.0.1:1'));
  expect(env.BENCHMARK_SERVER_PROMETHEUS).toBe('http://prometheus:9090');
});
