import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from '@temporalio/client';
import { connect, embeddedServer } from '../temporal/connections';
import { CONTROL_NAMESPACE } from '../orchestrator/names';
import { adoptEmbeddedServer, freePort, startEmbeddedServer, type EmbeddedServer } from './embedded-server';
import { logger } from './log';
import { awaitRun } from './await-run';
import { serveMachineMetrics } from './metrics/machine-metrics';
import { roleEnvironment } from './role-environment';
import { findServerBinary, unknownSettings } from './server-binary';
import { startOf } from './process-identity';
import { Session } from './session';
import { Supervisor } from './supervisor';

const log = logger('supervisor');

/**
 * Starts and supervises all processes of one local session: the embedded servers and the role processes. It is detached
 * from the command line, so that the run survives the command line. If it is started again for the same session, for
 * example after a power failure, it adopts the servers that still run and starts the control server on its database. The
 * run then continues with the step in which it was.
 */
async function main(dir: string): Promise<void> {
  const session = new Session(dir);
  const supervision = new Supervision(session);
  for (const signal of ['SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => void supervision.stop().then(() => process.exit(0)));
  }
  process.on('SIGINT', () => undefined);
  // The command that starts the run is gone before there is a run.
  process.once('disconnect', () => {
    if (session.exists && !session.run.started && !session.isWatched) void supervision.abandon();
  });
  try {
    await supervision.run();
  } catch (err) {
    await supervision.stop();
    throw err;
  }
}

/** The processes of one session from their start to their end. */
class Supervision {
  private readonly servers: Servers;
  private roles?: Supervisor;
  private isRunOver = false;
  private stopping?: Promise<void>;

  constructor(private readonly session: Session) {
    session.updateProcesses({ supervisorPid: process.pid, supervisorStart: startOf(process.pid) });
    this.servers = new Servers(session);
  }

  /** Starts everything, waits for the end of the run, and stops everything. */
  async run(): Promise<void> {
    const { session, servers } = this;
    const binary = await findServerBinary();
    const control = await servers.reserve();
    const env = roleEnvironment(session, process.env);
    const roles = new Supervisor(rolePlan(session), env, log, (pids) => servers.recordPids(pids));
    if (this.stopping) return;
    this.roles = roles;
    // Roles take as long to load as the servers take to start, and each role waits for its server.
    await Promise.all([servers.start(binary), roles.start()]);
    const warnings = [
      ...unknownSettings(session.run.targetDynamicConfig ?? [], binary),
      await serveMachineMetrics(session.run.metricsAddress, roles, log),
    ];
    tell({ ready: true, warning: warnings.filter(Boolean).join('\n') || undefined });
    const connection = await connect(embeddedServer(control));
    const client = new Client({ connection, namespace: CONTROL_NAMESPACE });
    const hasRun = await awaitOutcome(session, client, () => (this.isRunOver = true));
    await connection.close();
    if (!hasRun) return await this.abandon();
    await this.stop();
    process.exit(0);
  }

  async stop(): Promise<void> {
    this.stopping ??= Promise.resolve(this.roles?.stop(this.isRunOver)).then(() => this.servers.stop(this.isRunOver));
    await this.stopping;
  }

  /** Stops everything and removes the files: there is no run. */
  async abandon(): Promise<void> {
    await this.stop();
    this.session.remove();
    process.exit(0);
  }
}

/** Sends a message to the command that started this process, if it still runs. */
function tell(message: { ready?: boolean; error?: string; warning?: string }): void {
  if (!process.connected) return;
  process.send!(message, () => process.connected && process.disconnect());
}

function rolePlan({ run: { lanes, hosts } }: Session) {
  return [
    { role: 'control', count: 1 },
    { role: 'generator', count: lanes },
    { role: 'host', count: hosts > 0 ? 1 : 0 },
  ] as const;
}

function portOf(address: string): number {
  return Number(address.split(':').at(-1));
}

type ServerName = 'control-server' | 'target-server';

/** The session's embedded servers. Starts or adopts them, restarts those that die, and stops them. */
class Servers {
  private readonly addresses: Partial<Record<ServerName, string>> = {};
  private readonly running = new Map<ServerName, EmbeddedServer>();
  private rolePids: Readonly<Record<string, number>> = {};
  private readonly starts = new AbortController();
  private readonly starting = new Map<ServerName, number>();
  private binary = '';

  constructor(private readonly session: Session) {}

  /**
   * Chooses the servers' addresses before they start: those of an earlier supervisor, or free ports. Returns the address of
   * the control server.
   */
  async reserve(): Promise<string> {
    const { controlAddress, targetAddress } = this.session.processes;
    const address = async (previous?: string) => previous ?? `127.0.0.1:${await freePort()}`;
    this.addresses['control-server'] = await address(controlAddress);
    if (this.session.run.embeddedTarget) this.addresses['target-server'] = await address(targetAddress);
    const { targetMetrics } = this.session.processes;
    this.session.updateProcesses({
      controlAddress: this.addresses['control-server'],
      targetAddress: this.addresses['target-server'],
      ...(this.session.run.embeddedTarget ? { targetMetrics: await address(targetMetrics) } : {}),
    });
    return this.addresses['control-server'];
  }

  /** Starts or adopts the servers that have an address. */
  async start(binary: string): Promise<void> {
    this.binary = binary;
    await Promise.all((Object.keys(this.addresses) as ServerName[]).map((name) => this.keep(name)));
  }

  /** Records the process ids of the roles and of the servers in the session. */
  recordPids(rolePids: Readonly<Record<string, number>>): void {
    this.rolePids = rolePids;
    const running = [...this.running].map(([name, { pid }]) => [name, pid] as const);
    const servers = Object.fromEntries([...running, ...this.starting]);
    this.session.updateProcesses({ pids: { ...this.session.processes.pids, ...rolePids, ...servers } });
  }

  /** @param isRunOver whether only a database of the user is still of use */
  async stop(isRunOver: boolean): Promise<void> {
    this.starts.abort(new Error('the run is being stopped'));
    const isOfUse = (name: ServerName) => name === 'target-server' && this.session.run.targetDatabase !== undefined;
    const servers = [...this.running];
    await Promise.all(servers.map(([name, server]) => server.stop(isRunOver && !isOfUse(name))));
  }

  private async keep(name: ServerName): Promise<void> {
    const server = (await this.adopt(name)) ?? (await this.startNew(name));
    this.starting.delete(name);
    this.running.set(name, server);
    if (this.starts.signal.aborted) return await server.stop();
    this.recordPids(this.rolePids);
    void server.exited.then(() => this.onExit(name));
  }

  private async adopt(name: ServerName): Promise<EmbeddedServer | undefined> {
    const pid = this.session.processes.pids[name];
    return pid === undefined ? undefined : await adoptEmbeddedServer(pid, this.addresses[name]!);
  }

  private async startNew(name: ServerName): Promise<EmbeddedServer> {
    const { targetDatabase, targetDynamicConfig } = this.session.run;
    const { targetMetrics } = this.session.processes;
    return await startEmbeddedServer({
      binary: this.binary,
      logFile: this.session.file(`${name}.log`),
      ...(name === 'control-server'
        ? { databaseFile: this.session.file('control.db') }
        : {
            databaseFile: targetDatabase,
            dynamicConfig: targetDynamicConfig,
            metricsPort: portOf(targetMetrics!),
            yieldsCpu: true,
          }),
      port: portOf(this.addresses[name]!),
      signal: this.starts.signal,
      onSpawn: (pid) => {
        this.starting.set(name, pid);
        this.recordPids(this.rolePids);
      },
    });
  }

  /** Restarts a server. The control server keeps its database. A target in memory starts empty, and the run reports that. */
  private onExit(name: ServerName): void {
    if (this.starts.signal.aborted) return;
    log.warn('an embedded server died and is restarted', { server: name });
    this.keep(name).catch((err: Error) => {
      log.error(err.message);
      setTimeout(() => this.onExit(name), 1000);
    });
  }
}

const CHECK_INTERVAL_MS = 500;

/**
 * Waits until the run has ended and no command watches it any more; saves its outcome for `benchmark watch`. Returns false if
 * the command that starts the run is gone and has not started it.
 */
async function awaitOutcome(session: Session, client: Client, onOver: () => void): Promise<boolean> {
  while (!session.run.started) {
    if (!session.isWatched) return false;
    await sleep(CHECK_INTERVAL_MS);
  }
  const outcome = await awaitRun(client, session.run.workflowId);
  onOver();
  while (session.isWatched) await sleep(CHECK_INTERVAL_MS);
  session.saveOutcome(outcome);
  return true;
}

void main(process.argv[2]!).catch((err: Error) => {
  process.stderr.write(`${err.message}\n`);
  if (!process.connected) process.exit(1);
  process.send!({ error: err.message }, () => process.exit(1));
});
