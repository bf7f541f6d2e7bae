import { spawn, type ChildProcess } from 'node:child_process';
import { openSync } from 'node:fs';
import { createServer } from 'node:net';
import { connect } from '../activities/connections';

export interface EmbeddedServer {
  readonly address: string;
  readonly process: ChildProcess;
}

export interface EmbeddedServerOptions {
  readonly binary: string;
  readonly logFile: string;
  /** Keeps the server's state; in memory without it. */
  readonly databaseFile?: string;
  readonly port?: number;
  /** Serves the web UI on this port. */
  readonly uiPort?: number;
}

const UP_WITHIN_MS = 20_000;

/** Starts a Temporal development server on a loopback port and waits until it serves. */
export async function startEmbeddedServer(options: EmbeddedServerOptions): Promise<EmbeddedServer> {
  const port = options.port ?? (await freePort());
  const address = `127.0.0.1:${port}`;
  const args = [
    'server',
    'start-dev',
    '--ip',
    '127.0.0.1',
    '--port',
    String(port),
    '--log-level',
    'error',
    '--log-format',
    'json',
  ];
  if (options.uiPort === undefined) args.push('--headless');
  else args.push('--ui-port', String(options.uiPort));
  if (options.databaseFile) args.push('--db-filename', options.databaseFile);
  const log = openSync(options.logFile, 'a');
  const process = spawn(options.binary, args, { stdio: ['ignore', log, log] });
  const died = new Promise<never>((_, reject) => {
    process.once('error', (err) => reject(new Error(`${options.binary} could not be started: ${err.message}`)));
    process.once('exit', (code, signal) =>
      reject(new Error(`the embedded server ended (${signal ?? code}); see ${options.logFile}`)),
    );
  });
  died.catch(() => undefined);
  await Promise.race([untilServing(address), died]);
  return { address, process };
}

async function untilServing(address: string): Promise<void> {
  const connection = await connect({ address, options: { address } }, UP_WITHIN_MS);
  await connection.close();
}

/** A port nobody listens on right now. */
export async function freePort(): Promise<number> {
  return await new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
