import type { Argv } from 'yargs';
import { serverEndpoints } from '../activities/observe/server-pages';
import { parseDuration } from '../spec/duration';
import {
  CONNECT_TIMEOUT_MS,
  ConnectionConfigError,
  resolveControl,
  resolveTarget,
  type Resolved,
} from '../temporal/connections';
import { badConfiguration } from './errors';
import { invalidSetting, readSetting, type Setting } from './settings';

/** The connection flags of the Temporal CLI, with the variable of each. */
const CONNECTION_FLAGS = {
  address: ['TEMPORAL_ADDRESS', 'Address of the frontend, host:port'],
  'api-key': ['TEMPORAL_API_KEY', 'API key; the variable hides it from the process list'],
  'tls-cert-path': ['TEMPORAL_TLS_CLIENT_CERT_PATH', 'File of the client certificate'],
  'tls-key-path': ['TEMPORAL_TLS_CLIENT_KEY_PATH', 'File of the private key of the client certificate'],
  'tls-ca-path': ['TEMPORAL_TLS_SERVER_CA_CERT_PATH', "File of the server's CA certificate"],
  'tls-server-name': ['TEMPORAL_TLS_SERVER_NAME', "Server name to expect in the server's certificate"],
  'config-file': ['TEMPORAL_CONFIG_FILE', 'Temporal configuration file with connection profiles'],
  profile: ['TEMPORAL_PROFILE', 'Connection profile in the configuration file'],
} as const;

export function withConnectionOptions<T>(yargs: Argv<T>): Argv<T> {
  const text = (group: string, describe: string) => ({ type: 'string', requiresArg: true, group, describe }) as const;
  for (const [flag, [variable, help]] of Object.entries(CONNECTION_FLAGS)) {
    yargs.option(flag, text('Target:', `${help} [${variable}]`));
    yargs.option(`control-${flag}`, text('Control server:', `${help} [${controlName(variable)}]`));
  }
  return yargs
    .option('tls', { type: 'boolean', group: 'Target:', describe: 'Use TLS [TEMPORAL_TLS]' })
    .option('control-tls', { type: 'boolean', group: 'Control server:', describe: 'Use TLS [BENCHMARK_CONTROL_TLS]' })
    .option(
      'control-namespace',
      text(
        'Control server:',
        'Namespace of the benchmark workflows [BENCHMARK_CONTROL_NAMESPACE] (default: benchmark-control)',
      ),
    )
    .option('server-metrics', {
      ...text(
        'Target:',
        "URL of the server's Prometheus metrics; repeat it for each replica of each service [BENCHMARK_SERVER_METRICS, separated by commas] (default: none; an embedded target provides its own)",
      ),
      array: true,
    })
    .option(
      'connect-timeout',
      text('Target:', 'Time limit for opening a connection [BENCHMARK_CONNECT_TIMEOUT] (default: 15s)'),
    );
}

function controlName(variable: string): string {
  return variable.replace('TEMPORAL_', 'BENCHMARK_CONTROL_');
}

export interface Connections {
  /** The environment from which every process of the run resolves its connections. */
  readonly env: NodeJS.ProcessEnv;
  /** The user's target; undefined if the target is embedded. */
  readonly target?: Resolved;
  /** The user's control server; undefined if the control server is embedded. */
  readonly control?: Resolved;
  readonly connectTimeoutMs: number;
}

/** Returns host:port of the tool's own /metrics page, or `off`. */
export function metricsAddress(argv: Flags, defaultAddress: string, env = process.env): string {
  const setting = readSetting(argv, 'metrics-address', ['BENCHMARK_METRICS_ADDRESS'], env);
  if (setting === undefined) return defaultAddress;
  if (setting.value !== 'off') checkAddress(setting);
  return setting.value;
}

export function withMetricsOption<T>(yargs: Argv<T>, defaultAddress: string): Argv<T> {
  return yargs.option('metrics-address', {
    type: 'string',
    requiresArg: true,
    group: 'Output:',
    describe: `Address of the benchmark's own /metrics page, host:port or off [BENCHMARK_METRICS_ADDRESS] (default: ${defaultAddress})`,
  });
}

/** Returns the TEMPORAL_* and BENCHMARK_* variables of an environment, without secrets. */
export function environmentWithoutSecrets(env: NodeJS.ProcessEnv): Record<string, string> {
  const secret = /KEY_DATA|API_KEY|CERT_DATA|GRPC_META|CODEC_AUTH|TOKEN/;
  const entries = Object.entries(env).filter(
    (entry): entry is [string, string] =>
      /^(TEMPORAL|BENCHMARK)_/.test(entry[0]) && !secret.test(entry[0]) && entry[1] !== undefined,
  );
  return Object.fromEntries(entries);
}

type Flags = Readonly<Record<string, unknown>>;

/**
 * Resolves the connections of a command: the flags replace the variables, and the result is resolved as by the Temporal
 * CLI. Throws a configuration error if a setting is invalid. Contacts no server.
 */
export function readConnections(argv: Flags, base = process.env): Connections {
  const env = environmentWithFlags(argv, base);
  checkServerMetrics(argv, env);
  const profile = argv.targetProfile === undefined ? undefined : String(argv.targetProfile);
  const hasTarget = Boolean(env.TEMPORAL_ADDRESS || env.TEMPORAL_PROFILE || profile);
  const hasControl = Boolean(env.BENCHMARK_CONTROL_ADDRESS || env.BENCHMARK_CONTROL_PROFILE);
  try {
    const target = hasTarget ? resolveTarget(profile, env) : undefined;
    const control = hasControl ? resolveControl(env) : undefined;
    if (target) checkAddress(addressSetting(target, argv, 'address', 'TEMPORAL_ADDRESS', base));
    if (control) checkAddress(addressSetting(control, argv, 'control-address', 'BENCHMARK_CONTROL_ADDRESS', base));
    return { env, target, control, connectTimeoutMs: connectTimeoutMs(argv, base) };
  } catch (err) {
    if (err instanceof ConnectionConfigError) throw badConfiguration(err.message);
    throw err;
  }
}

/** Throws a configuration error if a flag would apply to an embedded target, which has neither TLS nor API keys. */
export function checkEmbeddedTarget(argv: Flags): void {
  const flag = ['api-key', 'tls', 'tls-cert-path', 'tls-key-path', 'tls-ca-path', 'tls-server-name'].find(
    (name) => argv[name] !== undefined,
  );
  if (flag !== undefined)
    throw badConfiguration(`--${flag} requires --address or --profile: the target that it applies to`);
}

function environmentWithFlags(argv: Flags, base: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = { ...base };
  const set = (variable: string, value: unknown) => {
    if (value !== undefined) env[variable] = String(value);
  };
  for (const [flag, [variable]] of Object.entries(CONNECTION_FLAGS)) {
    set(variable, argv[flag]);
    set(controlName(variable), argv[`control-${flag}`]);
  }
  set('TEMPORAL_TLS', argv.tls);
  set('BENCHMARK_CONTROL_TLS', argv['control-tls']);
  set('BENCHMARK_CONTROL_NAMESPACE', argv['control-namespace']);
  set('BENCHMARK_SERVER_METRICS', (argv['server-metrics'] as string[] | undefined)?.join(','));
  return env;
}

function checkServerMetrics(argv: Flags, env: NodeJS.ProcessEnv): void {
  const name = argv['server-metrics'] === undefined ? 'BENCHMARK_SERVER_METRICS' : '--server-metrics';
  for (const url of serverEndpoints(env)) checkMetricsUrl(name, url);
  if (env.BENCHMARK_SERVER_PROMETHEUS) checkMetricsUrl('BENCHMARK_SERVER_PROMETHEUS', env.BENCHMARK_SERVER_PROMETHEUS);
}

/** Returns the connections of a run whose control server is the target itself. */
export function withTargetAsControl(connections: Connections): Connections {
  const { env, target } = connections;
  if (!target)
    throw badConfiguration('--with-worker requires --address (or --control-address): the server to use, host:port');
  const mirrored = Object.entries(env).flatMap(([name, value]) =>
    /^TEMPORAL_(?!NAMESPACE$|CLI_PATH$)/.test(name) ? [[controlName(name), value] as const] : [],
  );
  const controlEnv = { ...env, ...Object.fromEntries(mirrored) };
  return { ...connections, env: controlEnv, control: resolveControl(controlEnv) };
}

/** Returns a resolved address with the name of what set it: a flag, a variable, or else a connection profile. */
function addressSetting(
  { address }: Resolved,
  argv: Flags,
  flag: string,
  variable: string,
  env: NodeJS.ProcessEnv,
): Setting {
  const setting = readSetting(argv, flag, [variable], env);
  return { name: setting?.value === address ? setting.name : 'address of the connection profile', value: address };
}

function checkAddress({ name, value }: Setting): void {
  const port = Number(/^(?:\[[0-9a-fA-F:]+\]|[^\s:/]+):(\d+)$/.exec(value)?.[1]);
  if (port > 0 && port < 65_536) return;
  throw invalidSetting(name, value, 'host:port, such as localhost:7233');
}

/** Rejects credentials too: the files of a local run contain the URL. */
function checkMetricsUrl(name: string, text: string): void {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '') return;
  const shown = url?.password ? text.replace(url.password, '…') : text;
  throw invalidSetting(name, shown, 'an http or https URL without user name and password');
}

function connectTimeoutMs(argv: Flags, env: NodeJS.ProcessEnv): number {
  const setting = readSetting(argv, 'connect-timeout', ['BENCHMARK_CONNECT_TIMEOUT'], env);
  if (setting === undefined) return CONNECT_TIMEOUT_MS;
  const ms = parseDuration(setting.value);
  if (ms !== undefined && ms > 0) return ms;
  throw invalidSetting(setting.name, setting.value, 'a duration above 0, such as 15s');
}
