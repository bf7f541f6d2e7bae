import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { checkVariables, restoredEnvironment, unreadTargetVariables, variablesToKeep } from '../../cli/variables';

function errorOf(env: Record<string, string>): string {
  try {
    checkVariables(env);
    return '';
  } catch (err) {
    expect(err).toMatchObject({ exitCode: 104 });
    return (err as Error).message;
  }
}

const ROOT = join(__dirname, '..', '..');
const INTERNAL = [
  'BENCHMARK_CONNECT_TIMEOUT_MS',
  'BENCHMARK_CONTROL_EMBEDDED_ADDRESS',
  'BENCHMARK_EMBEDDED_ADDRESS',
  'BENCHMARK_EMBEDDED_TARGET',
];

function sources(dir: string): string[] {
  return readdirSync(dir).flatMap((name) => {
    const path = join(dir, name);
    return statSync(path).isDirectory() ? sources(path) : path.endsWith('.ts') ? [path] : [];
  });
}

test('every variable that the code names is accepted; those between its own processes are not', () => {
  const texts = ['cli', 'spec', 'machine', 'activities', 'temporal'].flatMap((dir) => sources(join(ROOT, dir)));
  const named = texts.flatMap((path) => readFileSync(path, 'utf8').match(/\bBENCHMARK_[A-Z0-9_]*[A-Z0-9]\b/g) ?? []);
  const variables = [...new Set(named)].filter((name) => !['BENCHMARK_RUN', 'BENCHMARK_CONTROL'].includes(name));
  const refused = variables.filter((name) => /is not a variable/.test(errorOf({ [name]: '1' })));
  expect(refused.sort()).toEqual(INTERNAL);
});

test.each([
  ['BENCHMARK_RATE', 'BENCHMARK_TARGET_RATE or BENCHMARK_MAX_RATE'],
  ['BENCHMARK_MAXRATE', 'BENCHMARK_MAX_RATE'],
  ['BENCHMARK_LANE', 'BENCHMARK_LANES'],
  ['BENCHMARK_CONTROL_ADRESS', 'BENCHMARK_CONTROL_ADDRESS'],
  ['BENCHMARK_P99', 'BENCHMARK_MAX_P99_LATENCY'],
])('%s is refused and %s suggested', (name, suggestion) => {
  expect(errorOf({ [name]: '5' })).toBe(`${name} is not a variable of this tool; did you mean ${suggestion}?`);
});

test('all unknown variables are reported at once, also empty ones', () => {
  expect(errorOf({ BENCHMARK_ZZZZZZ: '', BENCHMARK_QQQQQQ: '1', PATH: '/bin', TEMPORAL_X: '1' })).toBe(
    [
      'BENCHMARK_QQQQQQ is not a variable of this tool; the help of each command names its variables',
      'BENCHMARK_ZZZZZZ is not a variable of this tool; the help of each command names its variables',
    ].join('\n'),
  );
});

test.each(['1k', '0', '50/s', '', '-1', 'Infinity', '1e999', '0x10', ' 5'])(
  'BENCHMARK_MAX_RATE=%j is refused: a limit that cannot be read must not mean no limit',
  (value) => {
    expect(errorOf({ BENCHMARK_MAX_RATE: value })).toBe(
      `BENCHMARK_MAX_RATE: ${JSON.stringify(value)} is invalid; expected a number of workflow starts per second above 0, such as 500`,
    );
  },
);

test.each<[string, string]>([
  ['BENCHMARK_MEMORY_LIMIT', '2GB'],
  ['BENCHMARK_LOG_LEVEL', 'loud'],
])('%s=%s is refused', (name, value) => {
  expect(errorOf({ [name]: value })).toMatch(new RegExp(`^${name}: "${value}" is invalid; expected `));
  expect(errorOf({ [name]: '' })).toBe('');
});

test('the file of a run keeps only listed variables, whatever else the environment holds', () => {
  const kept = {
    TEMPORAL_ADDRESS: 'h:1',
    TEMPORAL_TLS_CLIENT_KEY_PATH: '/key',
    BENCHMARK_MAX_RATE: '5',
    BENCHMARK_SERVER_METRICS: 'http://h/metrics',
  };
  const secrets = {
    TEMPORAL_API_KEY: 'x',
    TEMPORAL_TLS_CLIENT_KEY_DATA: 'x',
    TEMPORAL_TLS_CLIENT_CERT_DATA: 'x',
    TEMPORAL_GRPC_META_AUTHORIZATION: 'x',
    TEMPORAL_CODEC_AUTH: 'x',
    BENCHMARK_CONTROL_API_KEY: 'x',
    BENCHMARK_CONTROL_GRPC_META_X: 'x',
    BENCHMARK_SERVER_PROMETHEUS_TOKEN: 'x',
    BENCHMARK_PASSWORD: 'x',
    BENCHMARK_SPEC: 'x',
    MY_SECRET: 'x',
  };
  expect(variablesToKeep({ ...kept, ...secrets })).toEqual(kept);
});

test('a run that is started again keeps its settings, and has its secrets from the environment of the command', () => {
  const started = { TEMPORAL_ADDRESS: 'a:1', TEMPORAL_API_KEY: 'key', PATH: '/bin' };
  const later = { TEMPORAL_ADDRESS: 'b:1', TEMPORAL_TLS: 'true', TEMPORAL_API_KEY: 'new key', PATH: '/usr/bin' };
  expect(restoredEnvironment(variablesToKeep(started), started)).toEqual(started);
  expect(restoredEnvironment(variablesToKeep(started), later)).toEqual({
    TEMPORAL_ADDRESS: 'a:1',
    TEMPORAL_API_KEY: 'new key',
    PATH: '/usr/bin',
  });
});

test.each(['TEMPORAL_TLS_CERT', 'TEMPORAL_TLS_KEY', 'TEMPORAL_TLS_CA'])('%s is refused with what is read', (name) => {
  expect(() => unreadTargetVariables({ [name]: '/file' })).toThrow(
    `${name}: this tool does not read this variable; expected TEMPORAL_TLS_CLIENT_CERT_PATH, `,
  );
});

test('a codec is reported as not used; variables of other tools are not mentioned', () => {
  expect(
    unreadTargetVariables({ TEMPORAL_CODEC_ENDPOINT: 'http://h', TEMPORAL_UI_PORT: '1', TEMPORAL_TLS: '1' }),
  ).toEqual([expect.stringMatching(/^TEMPORAL_CODEC_ENDPOINT is not read.* It reads TEMPORAL_ADDRESS, /)]);
});
