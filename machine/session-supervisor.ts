import { writeFileSync } from 'node:fs';
import { Client } from '@temporalio/client';
import { connect } from '../activities/connections';
import { CONTROL_NAMESPACE } from '../orchestrator/names';
import { ensureControlNamespace } from './control-namespace';
import { startEmbeddedServer, type EmbeddedServer } from './embedded-server';
import { logger } from './log';
import { awaitOutcome } from './outcome';
import { findServerBinary } from './server-binary';
import { isAlive, Session } from './session';
import { stopProcess, Supervisor } from './supervisor';

/**
 * Owns everything that runs on this machine for one embedded run: both servers and the role processes. Detached from
 * the command line, so that the run outlives it. Started again for the same session after a power cut, it brings the
 * control server up on its database, and the run goes on from the step it was in.
 */
async function main(dir: string): Promise<void> {
  const log = logger('supervisor');
  const session = new Session(dir);
  const { lanes, embeddedTarget, controlAddress, connectTimeoutMs } = session.read();
  session.update({ supervisorPid: process.pid });
  const binary = await findServerBinary();
  const portOf = (address: string | undefined) => (address ? Number(address.split(':').at(-1)) : undefined);

  const startControl = () =>
    startEmbeddedServer({
      binary,
      logFile: session.file('control-server.log'),
      databaseFile: session.file('control.db'),
      port: portOf(session.read().controlAddress ?? controlAddress),
    });
  const [control, target] = await Promise.all([
    startControl(),
    embeddedTarget ? startEmbeddedServer({ binary, logFile: session.file('target-server.log') }) : undefined,
  ]);
  const connection = await connect({ address: control.address, options: { address: control.address } });
  await ensureControlNamespace(connection, CONTROL_NAMESPACE);
  await connection.close();
  session.update({ controlAddress: control.address, ...(target ? { targetAddress: target.address } : {}) });

  const env = {
    ...process.env,
    BENCHMARK_CONTROL_ADDRESS: control.address,
    BENCHMARK_CONTROL_NAMESPACE: CONTROL_NAMESPACE,
    BENCHMARK_CONNECT_TIMEOUT_MS: String(connectTimeoutMs),
    ...(target ? { TEMPORAL_ADDRESS: target.address, BENCHMARK_EMBEDDED_TARGET: '1' } : {}),
  };
  const plan = [
    { role: 'control', count: 1 },
    { role: 'generator', count: lanes },
    { role: 'host', count: 1 },
  ] as const;
  const servers = { control, target };
  const notePids = (pids: Readonly<Record<string, number>>) =>
    session.update({
      pids: {
        ...pids,
        'control-server': servers.control.process.pid!,
        ...(target ? { 'target-server': target.process.pid! } : {}),
      },
    });
  const roles = new Supervisor(plan, env, log, notePids);

  let stopping: Promise<void> | undefined;
  const tearDown = () => (stopping ??= stopAll(roles, servers));
  for (const signal of ['SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => void tearDown().then(() => process.exit(0)));
  process.on('SIGINT', () => undefined);
  const keepControl = (server: EmbeddedServer) =>
    server.process.once('exit', () => {
      if (stopping) return;
      log.warn('the control server died and is started again on its database');
      void startControl().then(
        (again) => {
          servers.control = again;
          keepControl(again);
          notePids(roles.pids);
        },
        (err: Error) => log.error(err.message),
      );
    });
  keepControl(control);

  await roles.start();
  process.send?.({ ready: true });
  if (process.connected) process.disconnect();
  await keepResult(session);
  await tearDown();
  process.exit(0);
}

async function stopAll(
  roles: Supervisor,
  servers: { control: EmbeddedServer; target?: EmbeddedServer },
): Promise<void> {
  await roles.stop();
  await Promise.all(
    [servers.control, servers.target].map(
      (server) => server && server.process.exitCode === null && stopProcess(server.process),
    ),
  );
}

const ORPHAN_CHECK_MS = 2000;

/** When the run has ended and nobody waits for it, keeps its outcome for `watch` to find, and returns. */
async function keepResult(session: Session): Promise<void> {
  let state = session.read();
  while (!state.workflowId) {
    await new Promise((resolve) => setTimeout(resolve, 500));
    state = session.read();
  }
  const connection = await connect({ address: state.controlAddress!, options: { address: state.controlAddress! } });
  const outcome = await awaitOutcome(new Client({ connection, namespace: CONTROL_NAMESPACE }), state.workflowId);
  while (isAlive(session.read().watcherPid)) await new Promise((resolve) => setTimeout(resolve, ORPHAN_CHECK_MS));
  writeFileSync(session.file('outcome.json'), JSON.stringify(outcome), { mode: 0o600 });
  await connection.close();
}

void main(process.argv[2]!).catch((err: Error) => {
  process.send?.({ error: err.message });
  process.stderr.write(`${err.message}\n`);
  process.exit(1);
});
