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
import { withoutScheme } from '../temporal/addresses';
import { badConfiguration } from './errors';
import { invalidSetting, readSetting, type Setting } from './settings';
import { unreadTargetVariables } from './variables';

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

const text = (group: string, describe: string) => ({ type: 'string', requiresArg: true, group, describe }) as const;

export function withTargetOptions<T>(yargs: Argv<T>): Argv<T> {
  for (const [flag, [variable, help]] of Object.entries(CONNECTION_FLAGS)) {
    yargs.option(flag, text('Target:', `${help} [${variable}]`));
  }
  return withConnectTimeout(
    yargs.option('tls', { type: 'boolean', group: 'Target:', describe: 'Use TLS [TEMPORAL_TLS]' }),
  );
}

export function withControlOptions<T>(yargs: Argv<T>): Argv<T> {
  for (const [flag, [variable, help]] of Object.entries(CONNECTION_FLAGS)) {
    yargs.option(`control-${flag}`, text('Control server:', `${help} [${controlName(variable)}]`));
  }
  return withConnectTimeout(
    yargs
      .option('control-tls', { type: 'boolean', group: 'Control server:', describe: 'Use TLS [BENCHMARK_CONTROL_TLS]' })
      .option(
        'control-namespace',
        text(
          'Control server:',
          'Namespace of the benchmark workflows [BENCHMARK_CONTROL_NAMESPACE] (default: benchmark-control)',
        ),
      ),
  );
}

/** Adds the options of the target and of the control server. */
export function withConnectionOptions<T>(yargs: Argv<T>): Argv<T> {
  return withControlOptions(withTargetOptions(yargs));
}

export function withServerMetricsOption<T>(yargs: Argv<T>): Argv<T> {
  return yargs
    .option('server-metrics', {
      ...text(
        'Target:',
        "URL of the server's Prometheus metrics; repeat it for each replica of each service, or give dns+http://… for all addresses of a name [BENCHMARK_SERVER_METRICS, separated by commas] (default: none; an embedded target provides its own)",
      ),
      array: true,
    })
    .option(
      'dsql-cluster',
      text(
        'Target:',
        'Id of the Aurora DSQL cluster of the target; CloudWatch is read [BENCHMARK_SERVER_DSQL_CLUSTER] (default: none)',
      ),
    )
    .option(
      'aws-region',
      text('Target:', 'AWS region of the Aurora DSQL cluster [BENCHMARK_SERVER_DSQL_REGION] (default: AWS_REGION)'),
    );
}

function withConnectTimeout<T>(yargs: Argv<T>): Argv<T> {
  return yargs.option(
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

type Flags = Readonly<Record<string, unknown>>;

/**
 * Resolves the connections of a command: the flags replace the variables, and the result is resolved as by the Temporal
 * CLI. Throws a configuration error if a setting is invalid. Contacts no server.
 *
 * @param runsRoles whether this machine runs the roles, even on a control server; a profile is in the files of their machine
 */
export function readConnections(argv: Flags, base = process.env, runsRoles = true): Connections {
  const env = environmentWithFlags(argv, base);
  checkServerMetrics(argv, env);
  const hasControl = Boolean(env.BENCHMARK_CONTROL_ADDRESS || env.BENCHMARK_CONTROL_PROFILE);
  const isForWorkers = argv.targetProfile === undefined || (hasControl && !runsRoles);
  const profile = isForWorkers ? undefined : String(argv.targetProfile);
  const hasTarget = Boolean(env.TEMPORAL_ADDRESS || env.TEMPORAL_PROFILE || profile);
  try {
    const target = hasTarget ? resolveTarget(profile, env) : undefined;
    const control = hasControl ? resolveControl(env) : undefined;
    if (target) checkAddress(addressSetting(target, argv, 'address', 'TEMPORAL_ADDRESS', base));
    if (target) unreadTargetVariables(env).forEach((warning) => process.stderr.write(`Warning: ${warning}\n`));
    if (control) checkAddress(addressSetting(control, argv, 'control-address', 'BENCHMARK_CONTROL_ADDRESS', base));
    return { env, target, control, connectTimeoutMs: connectTimeoutMs(argv, base) };
  } catch (err) {
    if (err instanceof ConnectionConfigError) throw badConfiguration(err.message);
    throw err;
  }
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
  set('BENCHMARK_SERVER_DSQL_CLUSTER', argv['dsql-cluster']);
  set('BENCHMARK_SERVER_DSQL_REGION', argv['aws-region']);
  set('BENCHMARK_SERVER_METRICS', (argv['server-metrics'] as string[] | undefined)?.join(','));
  return env;
}

function checkServerMetrics(argv: Flags, env: NodeJS.ProcessEnv): void {
  const name = argv['server-metrics'] === undefined ? 'BENCHMARK_SERVER_METRICS' : '--server-metrics';
  for (const url of serverEndpoints(env)) checkMetricsUrl(name, url);
  checkDatabase(argv, env);
  if (env.BENCHMARK_SERVER_PROMETHEUS) checkMetricsUrl('BENCHMARK_SERVER_PROMETHEUS', env.BENCHMARK_SERVER_PROMETHEUS);
}

/** Checks the Aurora DSQL cluster. Its id is the first part of its endpoint, which users may have at hand instead. */
function checkDatabase(argv: Flags, env: NodeJS.ProcessEnv): void {
  const cluster = readSetting(argv, 'dsql-cluster', ['BENCHMARK_SERVER_DSQL_CLUSTER'], env);
  const region = readSetting(
    argv,
    'aws-region',
    ['BENCHMARK_SERVER_DSQL_REGION', 'AWS_REGION', 'AWS_DEFAULT_REGION'],
    env,
  );
  if (cluster && !/^[a-z0-9]+$/.test(cluster.value))
    throw invalidSetting(cluster.name, cluster.value, 'the id of the cluster, the part of its endpoint before .dsql.');
  if (cluster && !region) throw badConfiguration(`${cluster.name} requires --aws-region: the region of the cluster`);
  if (argv['aws-region'] !== undefined && !cluster)
    throw badConfiguration('--aws-region requires --dsql-cluster: the Aurora DSQL cluster of the target');
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
  return {
    name: setting && withoutScheme(setting.value) === address ? setting.name : 'address of the connection profile',
    value: address,
  };
}

function checkAddress({ name, value }: Setting): void {
  const port = Number(/^(?:\[[0-9a-fA-F:]+\]|[^\s:/]+):(\d+)$/.exec(withoutScheme(value))?.[1]);
  if (port > 0 && port < 65_536) return;
  throw invalidSetting(name, value, 'host:port, such as localhost:7233');
}

const PAGE_URL = 'an http, https or dns+http URL without user name and password';

/** Rejects credentials too: the files of a local run contain the URL. */
function checkMetricsUrl(name: string, text: string): void {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isPage = name.endsWith('METRICS') || name === '--server-metrics';
  const protocols = isPage ? /^(https?|dns\+http):$/ : /^https?:$/;
  if (url && protocols.test(url.protocol) && url.username === '' && url.password === '') return;
  const shown = url?.password ? text.replace(url.password, '…') : text;
  throw invalidSetting(name, shown, isPage ? PAGE_URL : 'an http or https URL without user name and password');
}

function connectTimeoutMs(argv: Flags, env: NodeJS.ProcessEnv): number {
  const setting = readSetting(argv, 'connect-timeout', ['BENCHMARK_CONNECT_TIMEOUT'], env);
  if (setting === undefined) return CONNECT_TIMEOUT_MS;
  const ms = parseDuration(setting.value);
  if (ms !== undefined && ms > 0) return ms;
  throw invalidSetting(setting.name, setting.value, 'a duration above 0, such as 15s');
}
