import { spawn, type ChildProcess } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { openSync } from 'node:fs';
import getPort from 'get-port';
import { connect, embeddedServer } from '../temporal/connections';
import { commandOf } from './process-identity';
import { isAlive } from './session';

/** A Temporal development server that listens on a loopback port of this machine. */
export interface EmbeddedServer {
  readonly address: string;
  readonly pid: number;
  /** Resolves when the process has ended for any reason. */
  readonly exited: Promise<void>;
  stop(): Promise<void>;
}

export interface EmbeddedServerOptions {
  readonly binary: string;
  readonly logFile: string;
  /** The file that keeps the server's state. Without it, the state is in memory. */
  readonly databaseFile?: string;
  readonly port?: number;
  /** The port of the web UI. */
  readonly uiPort?: number;
  /** The port of the server's own metrics. */
  readonly metricsPort?: number;
  /** Dynamic configuration, e.g. `frontend.namespaceRPS=100`. */
  readonly dynamicConfig?: readonly string[];
}

const START_TIMEOUT_MS = 20_000;
const STOP_TIMEOUT_MS = 5000;

/** Starts a development server and waits until it serves. Throws if the server exits first. */
export async function startEmbeddedServer(options: EmbeddedServerOptions): Promise<EmbeddedServer> {
  const port = options.port ?? (await freePort());
  const address = `127.0.0.1:${port}`;
  const log = openSync(options.logFile, 'a');
  const child = spawn(options.binary, argumentsFor(port, options), { stdio: ['ignore', log, log] });
  const died = new Promise<never>((_, reject) => {
    child.once('error', (err) => reject(new Error(`${options.binary} could not be started: ${err.message}`)));
    child.once('exit', (code, signal) =>
      reject(new Error(`the embedded server exited (${signal ?? `exit code ${code}`}); see ${options.logFile}`)),
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
 * Returns a server that an earlier supervisor has started, if it still runs; undefined otherwise. The process must have the
 * recorded process id, listen on the recorded port, and serve.
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

/** Returns whether a process is the development server on this port. The system may have reused the process id. */
export function isServerOf(pid: number, address: string): boolean {
  if (!isAlive(pid)) return false;
  return (commandOf(pid) ?? '').includes(` start-dev --ip 127.0.0.1 --port ${address.split(':').at(-1)} `);
}

/** Sends SIGTERM, and SIGKILL after a timeout. */
async function stopPid(pid: number, exited: Promise<void>, ended: () => boolean): Promise<void> {
  if (ended()) return;
  process.kill(pid, 'SIGTERM');
  const timer = setTimeout(() => process.kill(pid, 'SIGKILL'), STOP_TIMEOUT_MS);
  await exited;
  clearTimeout(timer);
}

async function untilServing(address: string, withinMs = START_TIMEOUT_MS): Promise<void> {
  const connection = await connect(embeddedServer(address), withinMs);
  await connection.close();
}

/** Below the ephemeral ports of every system, so that no outgoing connection takes the port before it is used. */
const PORTS = { from: 15_000, to: 32_000 };
const MAX_CANDIDATES = 50;

/** Returns a random port on which no process listens. Random, because several processes look for a port at the same time. */
export async function freePort(): Promise<number> {
  const port = Array.from({ length: MAX_CANDIDATES }, () => randomInt(PORTS.from, PORTS.to));
  return await getPort({ port, host: '127.0.0.1' });
}
