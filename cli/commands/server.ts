import { join } from 'node:path';
import { mkdirSync } from 'node:fs';
import type { ArgumentsCamelCase, Argv } from 'yargs';
import { startEmbeddedServer } from '../../machine/embedded-server';
import { stateDir } from '../../machine/paths';
import { findServerBinary } from '../../machine/server-binary';
import { badConfiguration, CliError } from '../errors';

export const command = 'server';
export const describe = 'Run a Temporal server on this machine, e.g. as a lasting control server';

export function builder(yargs: Argv) {
  return yargs
    .option('port', {
      type: 'string',
      requiresArg: true,
      default: '7233',
      describe: 'Port of the frontend, on loopback',
    })
    .option('ui-port', { type: 'string', requiresArg: true, describe: 'Serve the Temporal UI on this port' })
    .option('metrics-port', { type: 'string', requiresArg: true, describe: "Serve the server's metrics on this port" })
    .option('db-filename', { type: 'string', requiresArg: true, describe: 'Database file (default: in memory)' })
    .option('dynamic-config-value', { type: 'string', array: true, requiresArg: true, describe: 'key=value' });
}

export async function handler(argv: ArgumentsCamelCase<Record<string, unknown>>): Promise<number> {
  mkdirSync(stateDir(), { recursive: true });
  const logFile = join(stateDir(), 'server.log');
  const server = await startEmbeddedServer({
    binary: await findServerBinary(),
    logFile,
    port: port('port', argv.port)!,
    uiPort: port('ui-port', argv.uiPort),
    metricsPort: port('metrics-port', argv.metricsPort),
    databaseFile: argv.dbFilename as string | undefined,
    dynamicConfig: argv.dynamicConfigValue as string[] | undefined,
  });
  process.stderr.write(`Serving on ${server.address}; Ctrl-C stops it. Log: ${logFile}\n`);
  const told = new Promise<'told'>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => resolve('told'));
  });
  if ((await Promise.race([told, server.exited])) === 'told') {
    await server.stop();
    return 0;
  }
  throw new CliError(`the server ended by itself; see ${logFile}`);
}

function port(name: string, value: unknown): number | undefined {
  if (value === undefined) return undefined;
  const number = Number(value);
  if (Number.isInteger(number) && number > 0 && number < 65_536) return number;
  throw badConfiguration(`${name}: ${JSON.stringify(value)} is not allowed; give a port, 1 to 65535`);
}
