import { join } from 'node:path';
import { mkdirSync } from 'node:fs';
import type { ArgumentsCamelCase, Argv } from 'yargs';
import { startEmbeddedServer } from '../../machine/embedded-server';
import { stateDir } from '../../machine/paths';
import { findServerBinary, unknownSettings } from '../../machine/server-binary';
import { CliError } from '../errors';
import { toWholeNumber } from '../settings';

export const command = 'server';
export const describe = 'Run a Temporal server on this machine, for example as a permanent control server';

const DEFAULT_PORT = '7233';

export function builder(yargs: Argv) {
  return yargs
    .option('port', {
      type: 'string',
      requiresArg: true,
      describe: `Port of the frontend, on loopback (default: ${DEFAULT_PORT})`,
    })
    .option('ui-port', { type: 'string', requiresArg: true, describe: 'Port of the Temporal UI (default: no UI)' })
    .option('metrics-port', {
      type: 'string',
      requiresArg: true,
      describe: "Port of the server's metrics (default: no metrics)",
    })
    .option('db-filename', { type: 'string', requiresArg: true, describe: 'Database file (default: in memory)' })
    .option('dynamic-config-value', {
      type: 'string',
      array: true,
      requiresArg: true,
      describe: 'Dynamic configuration as key=value, such as frontend.namespaceRPS=100',
    });
}

export async function handler(argv: ArgumentsCamelCase<Record<string, unknown>>): Promise<number> {
  mkdirSync(stateDir(), { recursive: true });
  const logFile = join(stateDir(), 'server.log');
  const dynamicConfig = (argv.dynamicConfigValue ?? []) as string[];
  const binary = await findServerBinary();
  const server = await startEmbeddedServer({
    binary,
    logFile,
    port: port('--port', argv.port ?? DEFAULT_PORT)!,
    uiPort: port('--ui-port', argv.uiPort),
    metricsPort: port('--metrics-port', argv.metricsPort),
    databaseFile: argv.dbFilename as string | undefined,
    dynamicConfig,
  });
  for (const warning of unknownSettings(dynamicConfig, binary)) process.stderr.write(`Warning: ${warning}\n`);
  process.stderr.write(`The Temporal server is ready at ${server.address}. Press Ctrl-C to stop it. Log: ${logFile}\n`);
  const stopSignal = new Promise<'stop'>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => resolve('stop'));
  });
  if ((await Promise.race([stopSignal, server.exited])) === 'stop') {
    await server.stop();
    return 0;
  }
  throw new CliError(`the server has stopped unexpectedly; see its log: ${logFile}`);
}

function port(name: string, value: unknown): number | undefined {
  return value === undefined ? undefined : toWholeNumber(name, value, 1, 65_535);
}
