import { Client } from '@temporalio/client';
import { connect } from '../activities/connections';
import { CONTROL_NAMESPACE } from '../orchestrator/names';
import { ensureControlNamespace } from './control-namespace';
import { adoptEmbeddedServer, startEmbeddedServer, type EmbeddedServer } from './embedded-server';
import { logger } from './log';
import { awaitOutcome } from './outcome';
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
  const { embeddedTarget } = session.run;
  session.noteProcesses({ supervisorPid: process.pid });
  const servers = new Servers(session, await findServerBinary());
  await Promise.all([servers.keep('control-server'), embeddedTarget ? servers.keep('target-server') : undefined]);
  const control = servers.address('control-server')!;
  const connection = await connect({ address: control, options: { address: control } });
  await ensureControlNamespace(connection, CONTROL_NAMESPACE);

  const roles = new Supervisor(rolePlan(session), roleEnvironment(session, control), log, (pids) => servers.note(pids));
  let stopping: Promise<void> | undefined;
  const tearDown = () =>
    (stopping ??= roles
      .stop()
      .then(() => connection.close())
      .then(() => servers.stop()));
  for (const signal of ['SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => void tearDown().then(() => process.exit(0)));
  }
  process.on('SIGINT', () => undefined);

  await roles.start();
  process.send?.({ ready: true });
  if (process.connected) process.disconnect();
  await keepOutcome(session, new Client({ connection, namespace: CONTROL_NAMESPACE }));
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
    ...(run.embeddedTarget ? { TEMPORAL_ADDRESS: processes.targetAddress, BENCHMARK_EMBEDDED_TARGET: '1' } : {}),
  };
}

type ServerName = 'control-server' | 'target-server';

/** The session's embedded servers: started, adopted, started again when they die, stopped. */
class Servers {
  private readonly running = new Map<ServerName, EmbeddedServer>();
  private rolePids: Readonly<Record<string, number>> = {};
  private stopping = false;

  constructor(
    private readonly session: Session,
    private readonly binary: string,
  ) {}

  address(name: ServerName): string | undefined {
    return this.running.get(name)?.address;
  }

  async keep(name: ServerName): Promise<void> {
    const server = (await this.adopt(name)) ?? (await this.start(name));
    this.running.set(name, server);
    this.note(this.rolePids);
    void server.exited.then(() => this.onExit(name));
  }

  note(rolePids: Readonly<Record<string, number>>): void {
    this.rolePids = rolePids;
    const servers = Object.fromEntries([...this.running].map(([name, { pid }]) => [name, pid]));
    this.session.noteProcesses({
      pids: { ...rolePids, ...servers },
      controlAddress: this.address('control-server'),
      targetAddress: this.address('target-server'),
    });
  }

  async stop(): Promise<void> {
    this.stopping = true;
    await Promise.all([...this.running.values()].map((server) => server.stop()));
  }

  private addressBefore(name: ServerName): string | undefined {
    const { controlAddress, targetAddress } = this.session.processes;
    return name === 'control-server' ? controlAddress : targetAddress;
  }

  private async adopt(name: ServerName): Promise<EmbeddedServer | undefined> {
    const [pid, address] = [this.session.processes.pids[name], this.addressBefore(name)];
    return pid && address ? await adoptEmbeddedServer(pid, address) : undefined;
  }

  private async start(name: ServerName): Promise<EmbeddedServer> {
    const { targetDatabase, targetDynamicConfig } = this.session.run;
    const port = this.addressBefore(name)?.split(':').at(-1);
    return await startEmbeddedServer({
      binary: this.binary,
      logFile: this.session.file(`${name}.log`),
      ...(name === 'control-server'
        ? { databaseFile: this.session.file('control.db') }
        : { databaseFile: targetDatabase, dynamicConfig: targetDynamicConfig }),
      ...(port ? { port: Number(port) } : {}),
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
async function keepOutcome(session: Session, client: Client): Promise<void> {
  while (!session.run.started) {
    // The command that was to start it is gone: there is nothing to wait for.
    if (!isAlive(session.run.watcherPid)) return;
    await pause();
  }
  const outcome = await awaitOutcome(client, session.run.workflowId);
  while (isAlive(session.run.watcherPid)) await pause();
  session.leaveOutcome(outcome);
}

async function pause(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, CHECK_MS));
}

void main(process.argv[2]!).catch((err: Error) => {
  process.send?.({ error: err.message });
  process.stderr.write(`${err.message}\n`);
  process.exit(1);
});
