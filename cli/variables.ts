import type { Field } from '../spec/fields';
import { maxRateOf } from '../spec/max-rate';
import { fieldNames, table } from '../spec/table';
import { badConfiguration } from './errors';
import { invalidSetting } from './settings';

type Environment = Readonly<Record<string, string | undefined>>;

/** The settings of a connection: TEMPORAL_… for the target, BENCHMARK_CONTROL_… for the control server. */
const CONNECTION = [
  'ADDRESS',
  'NAMESPACE',
  'API_KEY',
  'TLS',
  'TLS_CLIENT_CERT_PATH',
  'TLS_CLIENT_CERT_DATA',
  'TLS_CLIENT_KEY_PATH',
  'TLS_CLIENT_KEY_DATA',
  'TLS_SERVER_CA_CERT_PATH',
  'TLS_SERVER_CA_CERT_DATA',
  'TLS_SERVER_NAME',
  'TLS_DISABLE_HOST_VERIFICATION',
  'PROFILE',
  'CONFIG_FILE',
] as const;

/**
 * The other variables, and whether a run's file on this machine keeps their values, so that `benchmark watch` can restart
 * the run. Whatever is not listed is not kept, so that no secret is.
 */
const OTHERS: Readonly<Record<string, 'kept' | 'not kept'>> = {
  BENCHMARK_ALLOWED_PROFILES: 'kept',
  BENCHMARK_ATTACH: 'not kept',
  BENCHMARK_COMMAND: 'not kept',
  BENCHMARK_CONNECT_TIMEOUT: 'not kept',
  BENCHMARK_DEBUG: 'not kept',
  BENCHMARK_GENERATORS: 'not kept',
  BENCHMARK_INSTANCE_TYPE: 'kept',
  BENCHMARK_LOG_LEVEL: 'kept',
  BENCHMARK_MACHINE_NAME: 'kept',
  BENCHMARK_MAX_RATE: 'kept',
  BENCHMARK_MEMORY_LIMIT: 'kept',
  BENCHMARK_METRICS_ADDRESS: 'not kept',
  BENCHMARK_ROLES: 'not kept',
  BENCHMARK_SERVER_DSQL_CLUSTER: 'kept',
  BENCHMARK_SERVER_DSQL_REGION: 'kept',
  BENCHMARK_SERVER_METRICS: 'kept',
  BENCHMARK_SERVER_PROMETHEUS: 'kept',
  BENCHMARK_SERVER_PROMETHEUS_SELECTOR: 'kept',
  BENCHMARK_SERVER_PROMETHEUS_SIGV4_REGION: 'kept',
  BENCHMARK_SERVER_PROMETHEUS_TOKEN: 'not kept',
  BENCHMARK_SPEC: 'not kept',
  BENCHMARK_WITH_WORKER: 'not kept',
  BENCHMARK_WORKER_ONLY: 'not kept',
  BENCHMARK_WORKFLOW_ID: 'not kept',
};

const KEPT = new Set([
  'TEMPORAL_CLI_PATH',
  ...CONNECTION.filter((name) => !/API_KEY|_DATA$/.test(name)).map((name) => `TEMPORAL_${name}`),
  ...Object.keys(OTHERS).filter((name) => OTHERS[name] === 'kept'),
]);

const KNOWN: readonly string[] = [
  ...new Set([
    ...fieldNames.flatMap((name) => (table[name] as Field).env ?? []),
    ...CONNECTION.map((name) => `BENCHMARK_CONTROL_${name}`),
    ...Object.keys(OTHERS),
  ]),
].filter((name) => name.startsWith('BENCHMARK_'));

const METADATA = /^BENCHMARK_CONTROL_GRPC_META_/;

/** Throws a configuration error that names every variable BENCHMARK_… that nothing reads, or whose value is invalid. */
export function checkVariables(env: Environment): void {
  const unknown = Object.keys(env).filter(
    (name) => name.startsWith('BENCHMARK_') && !KNOWN.includes(name) && !METADATA.test(name),
  );
  if (unknown.length > 0) throw badConfiguration(unknown.sort().map(describeUnknown).join('\n'));
  try {
    maxRateOf(env);
  } catch (err) {
    throw badConfiguration((err as Error).message);
  }
  const { BENCHMARK_MEMORY_LIMIT: bytes, BENCHMARK_LOG_LEVEL: level } = env;
  if (bytes && !/^[1-9]\d*$/.test(bytes)) throw invalidSetting('BENCHMARK_MEMORY_LIMIT', bytes, 'a number of bytes');
  const levels = ['error', 'warn', 'info', 'debug'];
  if (level && !levels.includes(level))
    throw invalidSetting('BENCHMARK_LOG_LEVEL', level, `one of ${levels.join(', ')}`);
}

function describeUnknown(name: string): string {
  const nearest = suggestionsFor(name, KNOWN).slice(0, 3);
  const hint =
    nearest.length === 0 ? 'the help of each command names its variables' : `did you mean ${nearest.join(' or ')}?`;
  return `${name} is not a variable of this tool; ${hint}`;
}

/** Returns the names that are probably meant: those that contain all words of the name, or differ in a few letters. */
function suggestionsFor(name: string, known: readonly string[]): string[] {
  const words = name.split('_').filter((word) => word !== 'BENCHMARK');
  const score = (candidate: string) => {
    const parts = candidate.split('_');
    const distance = editDistance(name, candidate);
    return words.length > 0 && words.every((word) => parts.includes(word)) ? Math.min(distance, 2) : distance;
  };
  const scores = known.map((candidate) => ({ candidate, points: score(candidate) }));
  const best = Math.min(3, ...scores.map(({ points }) => points));
  return scores.filter(({ points }) => points === best).map(({ candidate }) => candidate);
}

/** Returns how many letters must be inserted, deleted or replaced to turn one text into the other. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}

/** Returns the variables that a run's file on this machine keeps. None of them is a secret. */
export function variablesToKeep(env: Environment): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] => KEPT.has(entry[0]) && entry[1] !== undefined),
  );
}

/**
 * Returns the environment in which the processes of a run are started, also again: the settings with which the run was
 * started, so that it keeps its target, and everything else, such as secrets, from the environment of the command.
 */
export function restoredEnvironment(kept: Environment, env: Environment): NodeJS.ProcessEnv {
  return { ...Object.fromEntries(Object.entries(env).filter(([name]) => !KEPT.has(name))), ...kept };
}

/**
 * Returns a warning for each variable TEMPORAL_… that the Temporal CLI reads, or read, and this tool does not. Throws a
 * configuration error if such a variable sets TLS, because the connection would not be the expected one.
 */
export function unreadTargetVariables(env: Environment): string[] {
  const read = CONNECTION.map((name) => `TEMPORAL_${name}`);
  const unread = Object.keys(env).filter((name) => env[name] && !read.includes(name));
  const tls = unread.filter((name) => name.startsWith('TEMPORAL_TLS'));
  if (tls.length > 0) {
    const names = read.filter((name) => name.startsWith('TEMPORAL_TLS_'));
    throw badConfiguration(
      `${tls.sort().join(', ')}: this tool does not read ${tls.length > 1 ? 'these variables' : 'this variable'}; expected ${names.join(', ')}`,
    );
  }
  return unread
    .filter((name) => name.startsWith('TEMPORAL_CODEC_'))
    .map((name) => `${name} is not read: this tool does not encode payloads. It reads ${read.join(', ')}`);
}
