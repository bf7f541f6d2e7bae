import { Client } from '@temporalio/client';
import { connect } from '../temporal/connections';
import { CONTROL_NAMESPACE } from '../orchestrator/names';
import { adoptEmbeddedServer, freePort, startEmbeddedServer, type EmbeddedServer } from './embedded-server';
import { logger } from './log';
import { awaitRun } from './await-run';
import { serveMachineMetrics } from './metrics/machine-metrics';
import { findServerBinary } from './server-binary';
import { isAlive, Session } from './session';
import { Supervisor } from './supervisor';

const log = logger('supervisor');

/**
 * Owns everything that runs on this machine for one embedded run: both servers and the role processes. Detached from
 * the command line, so that the run outlives it. Started again for the same session after a power cut, it adopts what
 * still runs, brings the control server up on its database, and the run goes on from the step it was in.
 */
async function main(dir: string): Promise<void> {
  const session = new Session(dir);
  session.updateProcesses({ supervisorPid: process.pid });
  const servers = new Servers(session, await findServerBinary());
  const control = await servers.reserve();
  const roles = new Supervisor(rolePlan(session), roleEnvironment(session, control), log, (pids) => servers.note(pids));
  let isOver = false;
  let stopping: Promise<void> | undefined;
  const tearDown = () => (stopping ??= roles.stop(isOver).then(() => servers.stop()));
  for (const signal of ['SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => void tearDown().then(() => process.exit(0)));
  }
  process.on('SIGINT', () => undefined);

  // Roles take as long to load as servers do to start; each waits for the server by itself.
  await Promise.all([servers.start(), roles.start()]);
  const warning = await serveMachineMetrics(session.run.metricsAddress, roles, log);
  process.send?.({ ready: true, warning });
  if (process.connected) process.disconnect();
  const connection = await connect({ address: control, options: { address: control } });
  await keepOutcome(session, new Client({ connection, namespace: CONTROL_NAMESPACE }), () => (isOver = true));
  await connection.close();
  await tearDown();
  process.exit(0);
}

function rolePlan({ run: { lanes } }: Session) {
  return [
    { role: 'control', count: 1 },
    { role: 'generator', count: lanes },
    { role: 'host', count: 1 },
  ] as const;
}

function roleEnvironment({ run, processes }: Session, controlAddress: string): NodeJS.ProcessEnv {
  return {
    ...process.env,
    BENCHMARK_CONTROL_ADDRESS: controlAddress,
    BENCHMARK_CONTROL_NAMESPACE: CONTROL_NAMESPACE,
    BENCHMARK_CONNECT_TIMEOUT_MS: String(run.connectTimeoutMs),
    ...(run.embeddedTarget
      ? {
          TEMPORAL_ADDRESS: processes.targetAddress,
          BENCHMARK_EMBEDDED_TARGET: JSON.stringify(run.targetDynamicConfig ?? []),
          BENCHMARK_SERVER_METRICS: `http://${processes.targetMetrics}/metrics`,
        }
      : {}),
  };
}

function portOf(address: string): number {
  return Number(address.split(':').at(-1));
}

type ServerName = 'control-server' | 'target-server';

/** The session's embedded servers: started, adopted, started again when they die, stopped. */
class Servers {
  private readonly addresses: Partial<Record<ServerName, string>> = {};
  private readonly running = new Map<ServerName, EmbeddedServer>();
  private rolePids: Readonly<Record<string, number>> = {};
  private stopping = false;

  constructor(
    private readonly session: Session,
    private readonly binary: string,
  ) {}

  /**
   * Decides on the servers' addresses before they run: those of earlier, or free ones.
   *
   * @returns the address of the control server
   */
  async reserve(): Promise<string> {
    const { controlAddress, targetAddress } = this.session.processes;
    const address = async (before?: string) => before ?? `127.0.0.1:${await freePort()}`;
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

  /** Brings up what has an address. */
  async start(): Promise<void> {
    await Promise.all((Object.keys(this.addresses) as ServerName[]).map((name) => this.keep(name)));
  }

  note(rolePids: Readonly<Record<string, number>>): void {
    this.rolePids = rolePids;
    const servers = Object.fromEntries([...this.running].map(([name, { pid }]) => [name, pid]));
    this.session.updateProcesses({ pids: { ...this.session.processes.pids, ...rolePids, ...servers } });
  }

  async stop(): Promise<void> {
    this.stopping = true;
    await Promise.all([...this.running.values()].map((server) => server.stop()));
  }

  private async keep(name: ServerName): Promise<void> {
    const server = (await this.adopt(name)) ?? (await this.startNew(name));
    this.running.set(name, server);
    this.note(this.rolePids);
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
        : { databaseFile: targetDatabase, dynamicConfig: targetDynamicConfig, metricsPort: portOf(targetMetrics!) }),
      port: portOf(this.addresses[name]!),
    });
  }

  /** The control server comes back on its database. A target in memory comes back empty: the run will say so. */
  private onExit(name: ServerName): void {
    if (this.stopping) return;
    log.warn('an embedded server died and is started again', { server: name });
    this.keep(name).catch((err: Error) => {
      log.error(err.message);
      setTimeout(() => this.onExit(name), 1000);
    });
  }
}

const CHECK_MS = 500;

/** When the run has ended and nobody waits for it, keeps its outcome for `watch` to find, and returns. */
async function keepOutcome(session: Session, client: Client, onOver: () => void): Promise<void> {
  while (!session.run.started) {
    // The command that was to start it is gone: there is nothing to wait for.
    if (!isAlive(session.run.watcherPid)) return;
    await pause();
  }
  const outcome = await awaitRun(client, session.run.workflowId);
  onOver();
  while (isAlive(session.run.watcherPid)) await pause();
  session.saveOutcome(outcome);
}

async function pause(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, CHECK_MS));
}

void main(process.argv[2]!).catch((err: Error) => {
  process.send?.({ error: err.message });
  process.stderr.write(`${err.message}\n`);
  process.exit(1);
});
