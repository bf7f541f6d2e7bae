import { spawn, type ChildProcess } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { closeSync, existsSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { connect as connectTcp } from 'node:net';
import getPort from 'get-port';
import { connect, embeddedServer } from '../temporal/connections';
import { yieldCpu } from './priority';
import { commandOf, isAlive } from './process-identity';

/** A Temporal development server that listens on a loopback port of this machine. */
export interface EmbeddedServer {
  readonly address: string;
  readonly pid: number;
  /** Resolves when the process has ended for any reason. */
  readonly exited: Promise<void>;
  /** Stops the server. It takes a second, unless it is killed at once: then nothing of it is left to be used. */
  stop(atOnce?: boolean): Promise<void>;
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
  /** Gives CPU to the processes of the benchmark first, so that the generators keep their schedule on a busy machine. */
  readonly yieldsCpu?: boolean;
  /** Dynamic configuration, e.g. `frontend.namespaceRPS=100`. */
  readonly dynamicConfig?: readonly string[];
  /** Receives the process id before the server serves, so that it can be found if this process dies. */
  readonly onSpawn?: (pid: number) => void;
  /** How long the server may take until it serves, milliseconds. */
  readonly startTimeoutMs?: number;
  /** Ends a server that is starting. */
  readonly signal?: AbortSignal;
}

const START_TIMEOUT_MS = 20_000;
const STOP_TIMEOUT_MS = 5000;

/**
 * Starts a development server and waits until it serves. If it does not, its process is ended, and the error has the last
 * lines of its log.
 */
export async function startEmbeddedServer(options: EmbeddedServerOptions): Promise<EmbeddedServer> {
  const port = options.port ?? (await freePort());
  const address = `127.0.0.1:${port}`;
  if (await isListening(port)) throw new Error(`the port ${port} is in use by another process`);
  const { binary, logFile, onSpawn, signal } = options;
  signal?.throwIfAborted();
  const log = openSync(logFile, 'a');
  const ownFrom = fstatSync(log).size;
  const child = spawn(binary, argumentsFor(port, options), { stdio: ['ignore', log, log] });
  closeSync(log);
  if (child.pid !== undefined) onSpawn?.(child.pid);
  const died = new Promise<never>((_, reject) => {
    child.once('error', (err) => reject(new Error(`${binary} could not be started: ${err.message}`)));
    child.once('exit', (code, cause) =>
      reject(new Error(`the embedded server exited (${cause ?? `exit code ${code}`}). ${lastLines(logFile, ownFrom)}`)),
    );
    signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
  died.catch(() => undefined);
  const serving = untilServing(address, options.startTimeoutMs).catch((err: Error) => {
    throw new Error(
      `the embedded server does not serve at ${address} (${err.message}). ${lastLines(logFile, ownFrom)}`,
    );
  });
  try {
    await Promise.race([serving, died]);
  } catch (err) {
    serving.catch(() => undefined);
    child.kill('SIGKILL');
    throw err;
  }
  if (options.yieldsCpu) yieldCpu(child.pid!);
  return ownServer(address, child);
}

const LAST_BYTES = 2000;

/**
 * Returns the end of a log for an error: the log may be deleted before anyone can read it.
 *
 * @param from where the lines of this server begin, bytes: earlier ones are those of another start
 */
function lastLines(logFile: string, from: number): string {
  const bytes = existsSync(logFile) ? readFileSync(logFile).subarray(from) : Buffer.alloc(0);
  const text = bytes.toString().trim().slice(-LAST_BYTES);
  return text === '' ? 'Its log is empty.' : `Its log ends with:\n${text}`;
}

async function isListening(port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connectTcp({ port, host: '127.0.0.1' });
    const done = (listens: boolean) => {
      socket.destroy();
      resolve(listens);
    };
    socket.once('connect', () => done(true));
    socket.once('error', () => done(false));
  });
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
    stop: (atOnce) => stopPid(child.pid!, exited, ended, atOnce),
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
  return { address, pid, exited, stop: (atOnce) => stopPid(pid, exited, () => !isAlive(pid), atOnce) };
}

/** Returns whether a process is the development server on this port. The system may have reused the process id. */
export function isServerOf(pid: number, address: string): boolean {
  if (!isAlive(pid)) return false;
  return (commandOf(pid) ?? '').includes(` start-dev --ip 127.0.0.1 --port ${address.split(':').at(-1)} `);
}

/** Sends SIGTERM, and SIGKILL after a timeout or at once. */
async function stopPid(pid: number, exited: Promise<void>, ended: () => boolean, atOnce = false): Promise<void> {
  if (ended()) return;
  process.kill(pid, atOnce ? 'SIGKILL' : 'SIGTERM');
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
