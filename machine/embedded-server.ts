import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { openSync } from 'node:fs';
import { createServer } from 'node:net';
import { connect } from '../temporal/connections';
import { isAlive } from './session';

/** A Temporal development server on a loopback port of this machine. */
export interface EmbeddedServer {
  readonly address: string;
  readonly pid: number;
  /** Resolves when the process has ended, however that came about. */
  readonly exited: Promise<void>;
  stop(): Promise<void>;
}

export interface EmbeddedServerOptions {
  readonly binary: string;
  readonly logFile: string;
  /** Keeps the server's state; in memory without it. */
  readonly databaseFile?: string;
  readonly port?: number;
  /** Serves the web UI on this port. */
  readonly uiPort?: number;
  /** Serves the server's own metrics on this port. */
  readonly metricsPort?: number;
  /** Dynamic configuration, e.g. `frontend.namespaceRPS=100`. */
  readonly dynamicConfig?: readonly string[];
}

const UP_WITHIN_MS = 20_000;
const STOP_WITHIN_MS = 5000;

/** Starts a development server and waits until it serves. */
export async function startEmbeddedServer(options: EmbeddedServerOptions): Promise<EmbeddedServer> {
  const port = options.port ?? (await freePort());
  const address = `127.0.0.1:${port}`;
  const log = openSync(options.logFile, 'a');
  const child = spawn(options.binary, argumentsFor(port, options), { stdio: ['ignore', log, log] });
  const died = new Promise<never>((_, reject) => {
    child.once('error', (err) => reject(new Error(`${options.binary} could not be started: ${err.message}`)));
    child.once('exit', (code, signal) =>
      reject(new Error(`the embedded server ended (${signal ?? `exit code ${code}`}); see ${options.logFile}`)),
    );
  });
  died.catch(() => undefined);
  try {
    await Promise.race([untilServing(address), died]);
  } catch (err) {
    child.kill('SIGKILL');
    throw err;
  }
  return ownServer(address, child);
}

function argumentsFor(port: number, options: EmbeddedServerOptions): string[] {
  const { uiPort, databaseFile, metricsPort, dynamicConfig } = options;
  return [
    ...['server', 'start-dev', '--ip', '127.0.0.1', '--port', String(port), '--log-level', 'error'],
    ...['--log-format', 'json'],
    ...(uiPort === undefined ? ['--headless'] : ['--ui-port', String(uiPort)]),
    ...(databaseFile === undefined ? [] : ['--db-filename', databaseFile]),
    ...(metricsPort === undefined ? [] : ['--metrics-port', String(metricsPort)]),
    ...(dynamicConfig ?? []).flatMap((entry) => ['--dynamic-config-value', entry]),
  ];
}

function ownServer(address: string, child: ChildProcess): EmbeddedServer {
  const ended = () => child.exitCode !== null || child.signalCode !== null;
  const exited = new Promise<void>((resolve) => (ended() ? resolve() : child.once('exit', () => resolve())));
  return {
    address,
    pid: child.pid!,
    exited,
    stop: () => stopPid(child.pid!, exited, ended),
  };
}

/**
 * A server that an earlier process of ours started and left behind, if it still runs: it has the process id and the
 * port that were noted, and serves.
 */
export async function adoptEmbeddedServer(pid: number, address: string): Promise<EmbeddedServer | undefined> {
  if (!isServerOf(pid, address)) return undefined;
  try {
    await untilServing(address, 2000);
  } catch {
    return undefined;
  }
  const exited = new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      if (isAlive(pid)) return;
      clearInterval(timer);
      resolve();
    }, 200);
  });
  return { address, pid, exited, stop: () => stopPid(pid, exited, () => !isAlive(pid)) };
}

/** Whether a process is the development server of that port: a process id alone may have been given out again. */
export function isServerOf(pid: number, address: string): boolean {
  if (!isAlive(pid)) return false;
  const { stdout } = spawnSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' });
  return (stdout ?? '').includes(` start-dev --ip 127.0.0.1 --port ${address.split(':').at(-1)} `);
}

/** Asks, waits, and then insists. */
async function stopPid(pid: number, exited: Promise<void>, ended: () => boolean): Promise<void> {
  if (ended()) return;
  process.kill(pid, 'SIGTERM');
  const timer = setTimeout(() => process.kill(pid, 'SIGKILL'), STOP_WITHIN_MS);
  await exited;
  clearTimeout(timer);
}

async function untilServing(address: string, withinMs = UP_WITHIN_MS): Promise<void> {
  const connection = await connect({ address, options: { address } }, withinMs);
  await connection.close();
}

/** Below every system's range of ephemeral ports: no outgoing connection takes one between our look and our use. */
const PORTS = { from: 15_000, to: 32_000 };
const TRIES = 50;

/** A port nobody listens on right now. */
export async function freePort(): Promise<number> {
  for (let i = 0; i < TRIES; i += 1) {
    const port = randomInt(PORTS.from, PORTS.to);
    if (await isFree(port)) return port;
  }
  throw new Error(`no free port was found between ${PORTS.from} and ${PORTS.to}`);
}

async function isFree(port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
