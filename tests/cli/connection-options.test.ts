import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { metricsAddress, readConnections } from '../../cli/connection-options';

const dir = mkdtempSync(join(tmpdir(), 'connections-'));
const configFile = join(dir, 'temporal.toml');
writeFileSync(
  configFile,
  '[profile.default]\naddress = "default:7233"\n[profile.staging]\naddress = "staging:7233"\napi_key = "key"\n',
);
afterAll(() => rmSync(dir, { recursive: true }));

function errorOf(argv: Record<string, unknown>, env: Record<string, string> = {}): string {
  try {
    readConnections(argv, env);
    return '';
  } catch (err) {
    return (err as Error).message;
  }
}

test('without an address, target and control server are embedded', () => {
  expect(readConnections({}, {})).toEqual({ env: {}, connectTimeoutMs: 15_000 });
});

test.each([
  ['TEMPORAL_ADDRESS', { TEMPORAL_ADDRESS: 'h:1' }, 'h:1'],
  ['--address before TEMPORAL_ADDRESS', { TEMPORAL_ADDRESS: 'h:1', flag: 'f:2' }, 'f:2'],
  ['TEMPORAL_PROFILE', { TEMPORAL_CONFIG_FILE: configFile, TEMPORAL_PROFILE: 'staging' }, 'staging:7233'],
  ['TEMPORAL_PROFILE=default', { TEMPORAL_CONFIG_FILE: configFile, TEMPORAL_PROFILE: 'default' }, 'default:7233'],
])('the target comes from %s', (_name, { flag, ...env }: Record<string, string>, address) => {
  expect(readConnections({ address: flag }, env)).toMatchObject({ target: { address } });
});

test('a profile brings its API key, and TEMPORAL_ADDRESS replaces its address', () => {
  const env = { TEMPORAL_CONFIG_FILE: configFile, TEMPORAL_PROFILE: 'staging', TEMPORAL_ADDRESS: 'other:1' };
  expect(readConnections({}, env).target).toMatchObject({ address: 'other:1', options: { apiKey: 'key' } });
});

test('--target-profile is resolved from the configuration file alone', () => {
  const env = { TEMPORAL_CONFIG_FILE: configFile, TEMPORAL_ADDRESS: 'other:1' };
  expect(readConnections({ targetProfile: 'staging' }, env).target).toMatchObject({ address: 'staging:7233' });
});

test.each([
  ['TEMPORAL_API_KEY', { TEMPORAL_API_KEY: 'k' }, { options: { apiKey: 'k' } }],
  ['TEMPORAL_NAMESPACE', { TEMPORAL_NAMESPACE: 'n' }, { namespace: 'n' }],
  ['TEMPORAL_TLS', { TEMPORAL_TLS: 'true' }, { options: { tls: expect.anything() as unknown } }],
  [
    'TEMPORAL_TLS_SERVER_NAME',
    { TEMPORAL_TLS: 'true', TEMPORAL_TLS_SERVER_NAME: 's' },
    { options: { tls: { serverNameOverride: 's' } } },
  ],
])(
  '%s applies to the target; its BENCHMARK_CONTROL_ counterpart applies to the control server',
  (_name, env, resolved) => {
    const address = { TEMPORAL_ADDRESS: 'target:1' };
    expect(readConnections({}, { ...address, ...env }).target).toMatchObject(resolved);
    const mirrored = Object.fromEntries(
      Object.entries({ ...env, TEMPORAL_ADDRESS: 'control:1' }).map(([name, value]) => [
        name.replace('TEMPORAL_', 'BENCHMARK_CONTROL_'),
        value,
      ]),
    );
    const { target, control } = readConnections({}, { ...address, ...mirrored });
    expect(control).toMatchObject({ address: 'control:1', ...resolved });
    expect(target).toEqual(readConnections({}, address).target);
  },
);

test('the connect timeout comes from the flag, then the variable, then the default', () => {
  const env = { BENCHMARK_CONNECT_TIMEOUT: '20s' };
  expect(readConnections({ 'connect-timeout': '3s' }, env).connectTimeoutMs).toBe(3000);
  expect(readConnections({}, env).connectTimeoutMs).toBe(20_000);
  expect(readConnections({}, { BENCHMARK_CONNECT_TIMEOUT: '' }).connectTimeoutMs).toBe(15_000);
});

const expectedAddress = 'is invalid; expected host:port, such as localhost:7233';
test.each<[Record<string, unknown>, Record<string, string>, string]>([
  [{ address: 'h' }, {}, `--address: "h" ${expectedAddress}`],
  [{ address: 'h:0' }, {}, `--address: "h:0" ${expectedAddress}`],
  [{}, { TEMPORAL_ADDRESS: 'h:70000' }, `TEMPORAL_ADDRESS: "h:70000" ${expectedAddress}`],
  [{ 'control-address': ':1' }, {}, `--control-address: ":1" ${expectedAddress}`],
  [{}, { BENCHMARK_CONTROL_ADDRESS: 'h' }, `BENCHMARK_CONTROL_ADDRESS: "h" ${expectedAddress}`],
  [{ 'connect-timeout': '0s' }, {}, '--connect-timeout: "0s" is invalid; expected a duration above 0, such as 15s'],
  [
    {},
    { BENCHMARK_CONNECT_TIMEOUT: '5' },
    'BENCHMARK_CONNECT_TIMEOUT: "5" is invalid; expected a duration above 0, such as 15s',
  ],
  [
    { 'server-metrics': ['http://user:secret@h/metrics'] },
    {},
    '--server-metrics: "http://user:…@h/metrics" is invalid; expected an http, https or dns+http URL without user name and password',
  ],
  [
    {},
    { BENCHMARK_SERVER_METRICS: 'h:9090' },
    'BENCHMARK_SERVER_METRICS: "h:9090" is invalid; expected an http, https or dns+http URL without user name and password',
  ],
  [
    {},
    { BENCHMARK_SERVER_METRICS: 'dns+https://h:9090/metrics' },
    'BENCHMARK_SERVER_METRICS: "dns+https://h:9090/metrics" is invalid; expected an http, https or dns+http URL without user name and password',
  ],
  [
    {},
    { BENCHMARK_SERVER_PROMETHEUS: 'dns+http://h:9090' },
    'BENCHMARK_SERVER_PROMETHEUS: "dns+http://h:9090" is invalid; expected an http or https URL without user name and password',
  ],
])('an invalid setting is named with its source: %j %j', (argv, env, message) => {
  expect(errorOf(argv, env)).toBe(message);
});

test('the metrics address comes from the flag, then the variable, then the default', () => {
  const env = { BENCHMARK_METRICS_ADDRESS: 'h:2' };
  expect(metricsAddress({ 'metrics-address': 'h:1' }, 'h:3', env)).toBe('h:1');
  expect(metricsAddress({}, 'h:3', env)).toBe('h:2');
  expect(metricsAddress({}, 'h:3', {})).toBe('h:3');
  expect(metricsAddress({}, 'h:3', { BENCHMARK_METRICS_ADDRESS: 'off' })).toBe('off');
  expect(() => metricsAddress({}, 'h:3', { BENCHMARK_METRICS_ADDRESS: 'on' })).toThrow(
    'BENCHMARK_METRICS_ADDRESS: "on" is invalid; expected host:port',
  );
});
