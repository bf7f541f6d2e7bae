import { existsSync } from 'node:fs';
import { Connection, type ConnectionOptions } from '@temporalio/client';
import { loadClientConfig, loadClientConnectConfig } from '@temporalio/envconfig';
import type { NativeConnectionOptions } from '@temporalio/worker';
import { isLoopback, withoutScheme } from './addresses';

type Environment = Readonly<Record<string, string | undefined>>;

/** The address of a server and the options to connect with. The secrets in it stay in the process that resolved it. */
export interface Resolved {
  readonly address: string;
  readonly namespace?: string;
  readonly options: NativeConnectionOptions;
  /** Whether the tool itself has started the server. */
  readonly isEmbedded?: boolean;
}

/** An invalid connection setting, including those that the configuration library would ignore or misread. */
export class ConnectionConfigError extends Error {
  override readonly name = 'ConnectionConfigError';
}

/** Returns the address of an embedded server. It is reached without TLS, without credentials and without a proxy. */
export function embeddedServer(address: string): Resolved {
  return { address, options: { address }, isEmbedded: true };
}

/**
 * Resolves the target from the Temporal CLI's environment variables and configuration file. Throws ConnectionConfigError.
 * A process of a run on embedded servers has their addresses in BENCHMARK_EMBEDDED_ADDRESS and
 * BENCHMARK_CONTROL_EMBEDDED_ADDRESS, and then nothing of the user's settings applies.
 *
 * @param profile a profile of the configuration file; environment variables do not override its settings
 */
export function resolveTarget(profile: string | undefined, env: Environment = process.env): Resolved {
  const { BENCHMARK_EMBEDDED_ADDRESS: embedded } = env;
  if (embedded && profile !== undefined) {
    throw new ConnectionConfigError(
      `targetProfile: ${JSON.stringify(profile)} cannot be used with an embedded target; remove it`,
    );
  }
  if (embedded) return embeddedServer(embedded);
  requireAllowedProfile(profile, env);
  const named = profile ?? env.TEMPORAL_PROFILE;
  return resolve(named, profile === undefined ? env : pick(env, CONFIG_FILE));
}

/** The variables by which the Temporal CLI finds its configuration file. */
const CONFIG_FILE = ['TEMPORAL_CONFIG_FILE', 'XDG_CONFIG_HOME', 'HOME', 'APPDATA'];

/** Throws if the operator of this worker does not allow the profile: BENCHMARK_ALLOWED_PROFILES, separated by commas. */
function requireAllowedProfile(
  profile: string | undefined,
  { BENCHMARK_ALLOWED_PROFILES: allowed }: Environment,
): void {
  if (profile === undefined || allowed === undefined) return;
  const names = allowed.split(',').map((name) => name.trim());
  if (names.includes(profile)) return;
  throw new ConnectionConfigError(
    `the target profile ${JSON.stringify(profile)} is not allowed on this worker; BENCHMARK_ALLOWED_PROFILES allows: ${allowed || 'none'}`,
  );
}

/**
 * Resolves the control server from BENCHMARK_CONTROL_* variables. They mirror the Temporal CLI's TEMPORAL_* variables, so
 * that control and target do not share any variable. Throws ConnectionConfigError.
 */
export function resolveControl(env: Environment = process.env): Resolved {
  if (env.BENCHMARK_CONTROL_EMBEDDED_ADDRESS) return embeddedServer(env.BENCHMARK_CONTROL_EMBEDDED_ADDRESS);
  const mirrored = Object.entries(env).flatMap(([name, value]) =>
    name.startsWith('BENCHMARK_CONTROL_') ? [[name.replace('BENCHMARK_CONTROL_', 'TEMPORAL_'), value] as const] : [],
  );
  const own: Environment = { ...pick(env, CONFIG_FILE), ...Object.fromEntries(mirrored) };
  // The profile `default` describes the target: its API key must not reach the control server.
  const usesFile = Boolean(own.TEMPORAL_PROFILE || env.BENCHMARK_CONTROL_CONFIG_FILE);
  return resolve(own.TEMPORAL_PROFILE, usesFile ? own : { ...own, TEMPORAL_CONFIG_FILE: undefined }, !usesFile);
}

/** @param disableFile whether the configuration file is ignored */
function resolve(profile: string | undefined, env: Environment, disableFile = false): Resolved {
  const set = Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => Boolean(entry[1])));
  checkEnvironment(set, profile);
  try {
    const { connectionOptions, namespace } = loadClientConnectConfig({ profile, overrideEnvVars: set, disableFile });
    const address = withoutScheme(connectionOptions.address ?? 'localhost:7233');
    return { address, namespace, options: { ...connectionOptions, address } };
  } catch (err) {
    throw new ConnectionConfigError(`the connection settings are invalid: ${(err as Error).message}`);
  }
}

/** Throws for settings that the configuration library would ignore without an error. */
function checkEnvironment(env: Record<string, string>, profile: string | undefined): void {
  const pairs = [
    ['TEMPORAL_TLS_CLIENT_CERT_PATH', 'TEMPORAL_TLS_CLIENT_KEY_PATH'],
    ['TEMPORAL_TLS_CLIENT_CERT_DATA', 'TEMPORAL_TLS_CLIENT_KEY_DATA'],
  ] as const;
  for (const [cert, key] of pairs) {
    if (Boolean(env[cert]) !== Boolean(env[key])) {
      throw new ConnectionConfigError(
        `${env[cert] ? cert : key} is set without ${env[cert] ? key : cert}; a client certificate requires both`,
      );
    }
  }
  if (env.TEMPORAL_TLS_DISABLE_HOST_VERIFICATION === 'true') {
    throw new ConnectionConfigError(
      'TEMPORAL_TLS_DISABLE_HOST_VERIFICATION is not supported by the SDK; set TEMPORAL_TLS_SERVER_CA_CERT_PATH to the CA certificate instead',
    );
  }
  for (const [name, path] of Object.entries(env)) {
    if (/^TEMPORAL_(TLS_.*_PATH|CONFIG_FILE)$/.test(name) && !existsSync(path)) {
      throw new ConnectionConfigError(`${name}: the file ${path} does not exist`);
    }
  }
  if (profile !== undefined && profile !== 'default') {
    const { profiles } = loadClientConfig({ overrideEnvVars: env });
    if (!(profile in profiles)) {
      const known = Object.keys(profiles).join(', ') || 'none';
      throw new ConnectionConfigError(
        `the profile ${JSON.stringify(profile)} is not in the Temporal configuration file; its profiles are: ${known}`,
      );
    }
  }
}

function pick(env: Environment, names: readonly string[]): Environment {
  return Object.fromEntries(names.map((name) => [name, env[name]]));
}

/** The default timeout of a first connection, milliseconds: `--connect-timeout`, BENCHMARK_CONNECT_TIMEOUT. */
export const CONNECT_TIMEOUT_MS = 15_000;

/**
 * Opens a connection that does not retry. The SDK's default interceptor would repeat a throttled start up to ten times and
 * report success.
 */
export async function connect(resolved: Resolved, connectTimeoutMs = CONNECT_TIMEOUT_MS): Promise<Connection> {
  return await RawConnection.connect({
    ...clientOptions(resolved),
    interceptors: [],
    connectTimeout: connectTimeoutMs,
  });
}

/** A connection that can also call methods of which the SDK has no definitions. */
class RawConnection extends Connection {
  async call(path: string, request: Uint8Array, deadline: number): Promise<Uint8Array> {
    return await new Promise((resolve, reject) => {
      const asIs = (bytes: Buffer) => bytes;
      this.client.makeUnaryRequest(path, asIs, asIs, Buffer.from(request), { deadline }, (err, reply) => {
        if (reply) resolve(reply);
        else reject(err ?? new Error('no answer'));
      });
    });
  }
}

/**
 * Calls a method by its path, e.g. `/package.Service/Method`, with an empty request and without the API key. The connection
 * must come from {@link connect}.
 */
export async function rawCall(connection: Connection, path: string, deadline: number): Promise<Uint8Array> {
  return await (connection as RawConnection).call(path, new Uint8Array(), deadline);
}

/**
 * gRPC channel options. Keepalive: a dead connection is detected within 17 s; the SDK's defaults take 45 s. The server
 * allows a ping every 10 s (`frontend.keepAliveMinTime`). Backoff: the connection is back within a second after the server
 * is back. gRPC's default backoff doubles up to two minutes, so the load would stay away longer than the server.
 */
const CHANNEL = {
  'grpc.keepalive_permit_without_calls': 1,
  'grpc.keepalive_time_ms': 12_000,
  'grpc.keepalive_timeout_ms': 5000,
  'grpc.initial_reconnect_backoff_ms': 250,
  'grpc.max_reconnect_backoff_ms': 1000,
  // Two connections to one address use two TCP connections, which an L4 load balancer can pin to different frontends.
  'grpc.use_local_subchannel_pool': 1,
  // The calls are spread over all addresses of a DNS name; the default uses only the first one that answers.
  'grpc.service_config': JSON.stringify({ loadBalancingConfig: [{ round_robin: {} }] }),
  // One history of a workflow with large payloads exceeds the default of 4 MiB. Temporal's other SDKs use 128 MiB too.
  'grpc.max_receive_message_length': 128 * 1024 * 1024,
};

function clientOptions({ options }: Resolved): ConnectionOptions {
  const { address, tls, apiKey, metadata } = options;
  // A proxy of the environment (https_proxy, http_proxy, grpc_proxy) is for other machines.
  const channelArgs = isLoopback(address ?? '') ? { ...CHANNEL, 'grpc.enable_http_proxy': 0 } : CHANNEL;
  // The type of the native connection's metadata permits binary values and the client's does not; envconfig creates none.
  return { address, tls, apiKey, metadata, channelArgs } as ConnectionOptions;
}
