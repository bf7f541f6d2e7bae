import type { Argv } from 'yargs';
import { ConnectionConfigError, resolveControl, resolveTarget, type Resolved } from '../temporal/connections';
import { durationMs, parseDuration } from '../spec/duration';
import { badConfiguration } from './errors';
import { serverEndpoints } from '../activities/observe/server-pages';

/** The Temporal CLI's own connection flags and the variables they stand for. */
const CONNECTION_FLAGS = {
  address: ['TEMPORAL_ADDRESS', 'host:port of the frontend'],
  'api-key': ['TEMPORAL_API_KEY', 'API key; the variable keeps it out of the process list'],
  'tls-cert-path': ['TEMPORAL_TLS_CLIENT_CERT_PATH', 'client certificate'],
  'tls-key-path': ['TEMPORAL_TLS_CLIENT_KEY_PATH', 'private key of the client certificate'],
  'tls-ca-path': ['TEMPORAL_TLS_SERVER_CA_CERT_PATH', "the server's CA certificate"],
  'tls-server-name': ['TEMPORAL_TLS_SERVER_NAME', "override of the server's name in TLS"],
  'config-file': ['TEMPORAL_CONFIG_FILE', 'Temporal configuration file with connection profiles'],
  profile: ['TEMPORAL_PROFILE', 'connection profile in that file'],
} as const;

export function withConnectionOptions<T>(yargs: Argv<T>): Argv<T> {
  for (const [flag, [variable, help]] of Object.entries(CONNECTION_FLAGS)) {
    yargs.option(flag, { type: 'string', requiresArg: true, group: 'Target:', describe: `${help} [${variable}]` });
    yargs.option(`control-${flag}`, {
      type: 'string',
      requiresArg: true,
      group: 'Control:',
      describe: `${help} [${controlName(variable)}]`,
    });
  }
  return yargs
    .option('tls', { type: 'boolean', group: 'Target:', describe: 'use TLS [TEMPORAL_TLS]' })
    .option('control-tls', { type: 'boolean', group: 'Control:', describe: 'use TLS [BENCHMARK_CONTROL_TLS]' })
    .option('control-namespace', {
      type: 'string',
      requiresArg: true,
      group: 'Control:',
      describe: 'control namespace [BENCHMARK_CONTROL_NAMESPACE] (default: benchmark-control)',
    })
    .option('server-metrics', {
      type: 'string',
      requiresArg: true,
      array: true,
      group: 'Target:',
      describe:
        "a page of the server's own Prometheus metrics, http://host:port/metrics, one for each replica of each service; read before and after each hold [BENCHMARK_SERVER_METRICS, separated by commas] (an embedded target has its own)",
    })
    .option('connect-timeout', {
      type: 'string',
      requiresArg: true,
      group: 'Target:',
      describe: 'how long a connection may take [BENCHMARK_CONNECT_TIMEOUT] (default: 15s)',
    });
}

function controlName(variable: string): string {
  return variable.replace('TEMPORAL_', 'BENCHMARK_CONTROL_');
}

export interface Connections {
  /** The environment in which every process of this run resolves its connections. */
  readonly env: NodeJS.ProcessEnv;
  /** The user's target; undefined = an embedded one. */
  readonly target?: Resolved;
  /** The user's control server; undefined = an embedded one. */
  readonly control?: Resolved;
  readonly connectTimeoutMs: number;
}

/** Where the machine's metrics are served: `--metrics-address`, BENCHMARK_METRICS_ADDRESS, or the given default. */
export function metricsAddress(argv: Readonly<Record<string, unknown>>, otherwise: string, env = process.env): string {
  const address = String(argv.metricsAddress ?? (env.BENCHMARK_METRICS_ADDRESS || otherwise));
  if (address !== 'off') checkAddress('metrics-address', address);
  return address;
}

export function withMetricsOption<T>(yargs: Argv<T>, otherwise: string): Argv<T> {
  return yargs.option('metrics-address', {
    type: 'string',
    requiresArg: true,
    group: 'Output:',
    describe: `host:port of /metrics, or off [BENCHMARK_METRICS_ADDRESS] (default: ${otherwise})`,
  });
}

/** The connection settings of an environment that are no secret. */
export function plainEnvironment(env: NodeJS.ProcessEnv): Record<string, string> {
  const secret = /KEY_DATA|API_KEY|CERT_DATA|GRPC_META|CODEC_AUTH|TOKEN/;
  const entries = Object.entries(env).filter(
    (entry): entry is [string, string] =>
      /^(TEMPORAL|BENCHMARK)_/.test(entry[0]) && !secret.test(entry[0]) && entry[1] !== undefined,
  );
  return Object.fromEntries(entries);
}

/** Flags go over the environment, and from there everything is resolved as the Temporal CLI would. */
export function readConnections(argv: Readonly<Record<string, unknown>>, base = process.env): Connections {
  const env: NodeJS.ProcessEnv = { ...base };
  for (const [flag, [variable]] of Object.entries(CONNECTION_FLAGS)) {
    if (argv[flag] !== undefined) env[variable] = String(argv[flag]);
    if (argv[`control-${flag}`] !== undefined) env[controlName(variable)] = String(argv[`control-${flag}`]);
  }
  if (argv.serverMetrics !== undefined) env.BENCHMARK_SERVER_METRICS = (argv.serverMetrics as string[]).join(',');
  for (const url of serverEndpoints(env)) checkMetricsUrl('server-metrics', url);
  if (env.BENCHMARK_SERVER_PROMETHEUS) checkMetricsUrl('BENCHMARK_SERVER_PROMETHEUS', env.BENCHMARK_SERVER_PROMETHEUS);
  if (argv.tls !== undefined) env.TEMPORAL_TLS = String(argv.tls);
  if (argv['control-tls'] !== undefined) env.BENCHMARK_CONTROL_TLS = String(argv['control-tls']);
  if (argv['control-namespace'] !== undefined) env.BENCHMARK_CONTROL_NAMESPACE = String(argv['control-namespace']);
  const profile = argv.targetProfile === undefined ? undefined : String(argv.targetProfile);
  const ownTarget = Boolean(env.TEMPORAL_ADDRESS || env.TEMPORAL_PROFILE || profile);
  const ownControl = Boolean(env.BENCHMARK_CONTROL_ADDRESS || env.BENCHMARK_CONTROL_PROFILE);
  try {
    const target = ownTarget ? resolveTarget(profile, env) : undefined;
    const control = ownControl ? resolveControl(env) : undefined;
    for (const [what, resolved] of [
      ['address', target],
      ['control-address', control],
    ] as const)
      if (resolved) checkAddress(what, resolved.address);
    return {
      env,
      target,
      control,
      connectTimeoutMs: connectTimeout(argv['connect-timeout'] ?? env.BENCHMARK_CONNECT_TIMEOUT),
    };
  } catch (err) {
    if (err instanceof ConnectionConfigError) throw badConfiguration(err.message);
    throw err;
  }
}

/** The target itself as the control server, for a run that brings its own roles. */
export function onTargetItself(connections: Connections): Connections {
  const { env, target } = connections;
  if (!target) throw badConfiguration('address: --with-worker needs a target; give --address host:port');
  const mirrored = Object.entries(env).flatMap(([name, value]) =>
    /^TEMPORAL_(?!NAMESPACE$|CLI_PATH$)/.test(name) ? [[controlName(name), value] as const] : [],
  );
  const own = { ...env, ...Object.fromEntries(mirrored) };
  return { ...connections, env: own, control: resolveControl(own) };
}

function checkAddress(flag: string, address: string): void {
  const port = Number(/^(?:\[[0-9a-fA-F:]+\]|[^\s:/]+):(\d+)$/.exec(address)?.[1]);
  if (port > 0 && port < 65_536) return;
  throw badConfiguration(`${flag}: ${JSON.stringify(address)} is not allowed; give host:port, e.g. localhost:7233`);
}

/** Credentials in an address would be kept with the session. */
function checkMetricsUrl(field: string, text: string): void {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '') return;
  const shown = url?.password ? text.replace(url.password, '…') : text;
  throw badConfiguration(
    `${field}: ${JSON.stringify(shown)} is not allowed; give an http or https address, without user and password`,
  );
}

function connectTimeout(value: unknown): number {
  if (value === undefined || value === '') return 15_000;
  const ms = parseDuration(String(value));
  if (ms !== undefined && ms > 0) return durationMs(String(value));
  throw badConfiguration(`connect-timeout: ${JSON.stringify(value)} is not allowed; give a duration such as 15s`);
}

/** Whether load sent there stays on this machine. */
export function isLoopback(address: string): boolean {
  const host = address.replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}
