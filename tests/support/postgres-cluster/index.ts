import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, chmodSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import { parse, stringify } from 'yaml';
import { freePort } from '../../../machine/embedded-server';
import { eventually } from '../cli';
import { TcpProxy } from '../tcp-proxy';
import { buildServer, postgresBin, run } from './build';

type Service = 'frontend' | 'history' | 'matching' | 'worker';

export interface PostgresClusterOptions {
  readonly framework?: 'tally' | 'opentelemetry';
  readonly timersInSeconds?: boolean;
  /** Connections of each service to the main store. */
  readonly maxConns?: number;
  /** Limits that are lower than those of dynamicconfig.yaml, by key. */
  readonly limits?: Readonly<Record<string, number>>;
}

/** PostgreSQL refuses to run as root. */
const AS_POSTGRES = process.getuid?.() === 0 ? ['runuser', '-u', 'postgres', '--'] : [];

/**
 * A Temporal cluster of a process a service on PostgreSQL, on loopback, with a stretch of network before its database
 * that a test can slow down.
 */
export class PostgresCluster {
  readonly metrics: string[] = [];
  private readonly children: ChildProcess[] = [];
  private frontendPort = 0;

  private constructor(
    private readonly dir: string,
    private readonly servers: string,
    readonly database: TcpProxy,
    private readonly options: PostgresClusterOptions,
  ) {}

  static async start(options: PostgresClusterOptions = {}): Promise<PostgresCluster> {
    const servers = buildServer();
    const dir = mkdtempSync(join(tmpdir(), 'benchmark-postgres-'));
    chmodSync(dir, 0o777);
    const port = await freePort();
    startPostgres(dir, port);
    createSchema(servers, port);
    const cluster = new PostgresCluster(dir, servers, await TcpProxy.start(`127.0.0.1:${port}`), options);
    writeDynamicConfig(dir, options.limits ?? {});
    cluster.frontendPort = await freePort();
    // The first one writes what the others read of the cluster, and two firsts would refuse each other.
    await cluster.add('history');
    for (const service of ['matching', 'frontend', 'worker'] as const) await cluster.add(service);
    await eventually('the frontend', () => cluster.isThere(), 60_000);
    return cluster;
  }

  get address(): string {
    return `127.0.0.1:${this.frontendPort}`;
  }

  /** One more process of a service. */
  async add(service: Service): Promise<void> {
    const [metricsPort, grpcPort, membershipPort] = await Promise.all([freePort(), freePort(), freePort()]);
    const env = {
      ...process.env,
      DATABASE_PORT: this.database.address.split(':')[1],
      METRICS_PORT: String(metricsPort),
      GRPC_PORT: String(service === 'frontend' ? this.frontendPort : grpcPort),
      MEMBERSHIP_PORT: String(membershipPort),
      FRONTEND_PORT: String(this.frontendPort),
      DYNAMIC_CONFIG: join(this.dir, 'dynamicconfig.yaml'),
      METRICS_FRAMEWORK: this.options.framework ?? 'tally',
      TIMERS_IN_SECONDS: String(this.options.timersInSeconds ?? false),
      MAX_CONNS: String(this.options.maxConns ?? 20),
    };
    const args = ['--config-file', join(__dirname, 'config.yaml'), '--allow-no-auth', 'start', '--service', service];
    const log = openSync(join(this.dir, `${service}-${metricsPort}.log`), 'a');
    const child = spawn(join(this.servers, 'server'), args, { env, stdio: ['ignore', log, log] });
    this.children.push(child);
    const url = `http://127.0.0.1:${metricsPort}/metrics`;
    await eventually(
      `${service} (${this.dir})`,
      async () => (await read(url)).includes('persistence_requests'),
      60_000,
    );
    this.metrics.push(url);
  }

  private async isThere(): Promise<boolean> {
    try {
      const connection = await Connection.connect({ address: this.address, connectTimeout: 2000 });
      await connection.workflowService.describeNamespace({ namespace: 'temporal-system' });
      await connection.close();
      return true;
    } catch {
      return false;
    }
  }

  async stop(): Promise<void> {
    for (const child of this.children) {
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await exited;
    }
    await this.database.close();
    stopPostgres(this.dir);
    rmSync(this.dir, { recursive: true, force: true });
  }
}

function writeDynamicConfig(dir: string, limits: Readonly<Record<string, number>>): void {
  const settings = parse(readFileSync(join(__dirname, 'dynamicconfig.yaml'), 'utf8')) as Record<string, unknown>;
  const lower = Object.entries(limits).map(([key, value]) => [key, [{ value }]] as const);
  writeFileSync(join(dir, 'dynamicconfig.yaml'), stringify({ ...settings, ...Object.fromEntries(lower) }));
}

async function read(url: string): Promise<string> {
  return await fetch(url).then(
    (response) => response.text(),
    () => '',
  );
}

function asPostgres(program: string, ...args: string[]): void {
  const [command = '', ...rest] = [...AS_POSTGRES, join(postgresBin(), program), ...args];
  run(command, rest, { cwd: tmpdir() });
}

/** Starts PostgreSQL on loopback with its data in a folder, and a superuser without a password. */
export function startPostgres(dir: string, port: number, user = 'postgres'): void {
  const data = join(dir, 'data');
  asPostgres('initdb', '-D', data, '-A', 'trust', '-U', user, '-N');
  const settings = [`port=${port}`, "listen_addresses='127.0.0.1'", `unix_socket_directories='${dir}'`];
  appendFileSync(join(data, 'postgresql.conf'), [...settings, 'max_connections=200', ''].join('\n'));
  asPostgres('pg_ctl', '-D', data, '-l', join(dir, 'postgres.log'), '-w', 'start');
}

export function stopPostgres(dir: string): void {
  asPostgres('pg_ctl', '-D', join(dir, 'data'), '-m', 'immediate', '-w', 'stop');
}

function createSchema(servers: string, port: number): void {
  for (const [database, schema] of [
    ['temporal', 'postgresql/v12/temporal'],
    ['temporal_visibility', 'postgresql/v12/visibility'],
  ] as const) {
    const at = [
      '--plugin',
      'postgres12_pgx',
      '--ep',
      '127.0.0.1',
      '-p',
      String(port),
      '-u',
      'postgres',
      '--db',
      database,
    ];
    const sql = (...args: string[]) => run(join(servers, 'sql'), [...at, ...args]);
    sql('create');
    sql('setup-schema', '-v', '0.0');
    sql('update-schema', '--schema-name', schema);
  }
}
