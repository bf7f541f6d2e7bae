import { existsSync } from 'node:fs';
import { Connection, type ConnectionOptions } from '@temporalio/client';
import { loadClientConfig, loadClientConnectConfig } from '@temporalio/envconfig';
import type { NativeConnectionOptions } from '@temporalio/worker';

type Environment = Readonly<Record<string, string | undefined>>;

/** Where a server is and how to authenticate there; secrets stay inside the process that resolved them. */
export interface Resolved {
  readonly address: string;
  readonly namespace?: string;
  readonly options: NativeConnectionOptions;
}

/** A connection setting that would be silently ignored or misread otherwise. */
export class ConnectionConfigError extends Error {
  override readonly name = 'ConnectionConfigError';
}

/**
 * Resolves the target by the Temporal CLI's own environment and configuration file.
 *
 * @param profile a named profile; a named profile is taken as it stands, the environment does not override it
 */
export function resolveTarget(profile: string | undefined, env: Environment = process.env): Resolved {
  refuseUnlisted(profile, env);
  const named = profile ?? env.TEMPORAL_PROFILE;
  return resolve(named, profile === undefined ? env : pick(env, ['TEMPORAL_CONFIG_FILE']));
}

/** Whoever runs a worker says which of its profiles a spec may name: BENCHMARK_ALLOWED_PROFILES, separated by commas. */
function refuseUnlisted(profile: string | undefined, { BENCHMARK_ALLOWED_PROFILES: allowed }: Environment): void {
  if (profile === undefined || allowed === undefined) return;
  const names = allowed.split(',').map((name) => name.trim());
  if (names.includes(profile)) return;
  throw new ConnectionConfigError(
    `targetProfile: ${JSON.stringify(profile)} is not allowed; BENCHMARK_ALLOWED_PROFILES of this worker allows ${allowed || 'none'}`,
  );
}

/**
 * Resolves the control server by BENCHMARK_CONTROL_* variables, which mirror the Temporal CLI's TEMPORAL_* ones, so
 * that control and target never share a variable.
 */
export function resolveControl(env: Environment = process.env): Resolved {
  const mirrored = Object.entries(env).flatMap(([name, value]) =>
    name.startsWith('BENCHMARK_CONTROL_') ? [[name.replace('BENCHMARK_CONTROL_', 'TEMPORAL_'), value] as const] : [],
  );
  const own = { ...pick(env, ['TEMPORAL_CONFIG_FILE']), ...Object.fromEntries(mirrored) };
  return resolve(own.TEMPORAL_PROFILE, own);
}

function resolve(profile: string | undefined, env: Environment): Resolved {
  const set = Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => Boolean(entry[1])));
  checkEnvironment(set, profile);
  try {
    const { connectionOptions, namespace } = loadClientConnectConfig({ profile, overrideEnvVars: set });
    const address = connectionOptions.address ?? 'localhost:7233';
    return { address, namespace, options: { ...connectionOptions, address } };
  } catch (err) {
    throw new ConnectionConfigError(`the connection settings cannot be used: ${(err as Error).message}`);
  }
}

/** What the configuration library would pass over in silence. */
function checkEnvironment(env: Record<string, string>, profile: string | undefined): void {
  const pairs = [
    ['TEMPORAL_TLS_CLIENT_CERT_PATH', 'TEMPORAL_TLS_CLIENT_KEY_PATH'],
    ['TEMPORAL_TLS_CLIENT_CERT_DATA', 'TEMPORAL_TLS_CLIENT_KEY_DATA'],
  ] as const;
  for (const [cert, key] of pairs) {
    if (Boolean(env[cert]) !== Boolean(env[key])) {
      throw new ConnectionConfigError(
        `${env[cert] ? cert : key} is set without ${env[cert] ? key : cert}; a client certificate needs both`,
      );
    }
  }
  if (env.TEMPORAL_TLS_DISABLE_HOST_VERIFICATION === 'true') {
    throw new ConnectionConfigError(
      'TEMPORAL_TLS_DISABLE_HOST_VERIFICATION is not supported by the SDK; give the CA with TEMPORAL_TLS_SERVER_CA_CERT_PATH',
    );
  }
  for (const [name, path] of Object.entries(env)) {
    if (/^TEMPORAL_(TLS_.*_PATH|CONFIG_FILE)$/.test(name) && !existsSync(path)) {
      throw new ConnectionConfigError(`${name}: there is no file ${path}`);
    }
  }
  if (profile !== undefined && profile !== 'default') {
    const { profiles } = loadClientConfig({ overrideEnvVars: env });
    if (!(profile in profiles)) {
      const known = Object.keys(profiles).join(', ') || 'none';
      throw new ConnectionConfigError(
        `profile ${JSON.stringify(profile)} is not in the Temporal configuration file; it has: ${known}`,
      );
    }
  }
}

function pick(env: Environment, names: readonly string[]): Environment {
  return Object.fromEntries(names.map((name) => [name, env[name]]));
}

/** How long a first connection may take, milliseconds: `--connect-timeout`, BENCHMARK_CONNECT_TIMEOUT. */
export const CONNECT_TIMEOUT_MS = 15_000;

/**
 * A connection that retries nothing silently: the SDK's default interceptor would repeat a throttled start up to ten
 * times and report success.
 */
export async function connect(resolved: Resolved, connectTimeoutMs = CONNECT_TIMEOUT_MS): Promise<Connection> {
  return await RawConnection.connect({
    ...clientOptions(resolved),
    interceptors: [],
    connectTimeout: connectTimeoutMs,
  });
}

/** A connection that can also call what the SDK has no definitions of. */
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

/** One call by its path, e.g. `/package.Service/Method`, of a connection made by {@link connect}; without its API key. */
export async function rawCall(connection: Connection, path: string, deadline: number): Promise<Uint8Array> {
  return await (connection as RawConnection).call(path, new Uint8Array(), deadline);
}

/**
 * Finds a connection that nobody answers on within 17 s; the SDK's own settings take 45. A server allows a ping every
 * 10 s (`frontend.keepAliveMinTime`). And comes back within a second of a server that was away: with gRPC's own pauses,
 * which double up to two minutes, the load would stay away longer than the server did.
 */
const CHANNEL = {
  'grpc.keepalive_permit_without_calls': 1,
  'grpc.keepalive_time_ms': 12_000,
  'grpc.keepalive_timeout_ms': 5000,
  'grpc.initial_reconnect_backoff_ms': 250,
  'grpc.max_reconnect_backoff_ms': 1000,
  // Two connections to one address are two, each to a frontend of its own behind a load balancer of connections.
  'grpc.use_local_subchannel_pool': 1,
};

function clientOptions({ options }: Resolved): ConnectionOptions {
  const { address, tls, apiKey, metadata } = options;
  // The native connection's metadata may hold binary values, which the client's has no room for; none come from envconfig.
  return { address, tls, apiKey, metadata, channelArgs: CHANNEL } as ConnectionOptions;
}

/** Connections of one process to targets, made when first needed. */
export class TargetConnections {
  private readonly open = new Map<string, Promise<Connection>>();

  constructor(private readonly env: Environment = process.env) {}

  resolve(profile: string | undefined): Resolved {
    return resolveTarget(profile, this.env);
  }

  async get(profile: string | undefined): Promise<Connection> {
    return await this.numbered(profile, 0);
  }

  /** So many connections; others who ask for several share them. */
  async several(profile: string | undefined, count: number): Promise<Connection[]> {
    return await Promise.all(Array.from({ length: count }, (_, i) => this.numbered(profile, i)));
  }

  private async numbered(profile: string | undefined, number: number): Promise<Connection> {
    const key = `${profile ?? ''}#${number}`;
    let connection = this.open.get(key);
    if (!connection) {
      connection = connect(this.resolve(profile));
      this.open.set(key, connection);
      connection.catch(() => this.open.delete(key));
    }
    return await connection;
  }

  async close(): Promise<void> {
    const all = await Promise.allSettled(this.open.values());
    for (const one of all) if (one.status === 'fulfilled') await one.value.close();
  }
}
