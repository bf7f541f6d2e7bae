#!/usr/bin/env node
import { setFlagsFromString } from 'node:v8';
import yargs from 'yargs';
import { CliError, badConfiguration } from './errors';
import * as run from './commands/run';
import * as start from './commands/start';
import * as watch from './commands/watch';
import * as list from './commands/list';
import * as show from './commands/show';
import * as abort from './commands/abort';
import * as cleanup from './commands/cleanup';
import * as worker from './commands/worker';
import * as host from './commands/host';
import * as server from './commands/server';
import * as doctor from './commands/doctor';

// A command may watch a run for hours beside what it measures: its young generation stays as small as it begins (2 MB,
// where V8 would let it grow to 32), and so does the process.
setFlagsFromString('--semi-space-growth-factor=1');

interface Command {
  readonly command: string;
  readonly describe: string;
  readonly builder: (yargs: yargs.Argv) => yargs.Argv;
  readonly handler: (argv: never) => Promise<number>;
}

const COMMANDS = [
  run,
  start,
  watch,
  list,
  show,
  abort,
  cleanup,
  worker,
  host,
  server,
  doctor,
] as unknown as readonly Command[];

async function main(args: readonly string[]): Promise<number> {
  let exitCode = 0;
  const cli = yargs([...args])
    .scriptName('benchmark')
    .usage('$0 <command>\n\nHow much load does a Temporal cluster hold, and can the number be trusted?')
    .strict()
    .parserConfiguration({ 'parse-numbers': false, 'parse-positional-numbers': false, 'boolean-negation': true })
    .demandCommand(1, 'Give a command; --help lists them.')
    .wrap(Math.min(110, process.stdout.columns || 100))
    .exitProcess(false)
    .fail((message, err) => {
      throw err ?? badConfiguration(`${message}\nSee: benchmark --help`);
    });
  for (const { command, describe, builder, handler } of COMMANDS) {
    cli.command(command, describe, builder, async (argv) => {
      exitCode = await handler(argv as never);
    });
  }
  await cli.parseAsync();
  return exitCode;
}

/** A container may have its command by its environment, and then be given options alone. */
function commandLine(args: readonly string[], { BENCHMARK_COMMAND: command }: NodeJS.ProcessEnv): readonly string[] {
  const optionsOnly = args.every((arg) => !/^(--help|-h|--version)$/.test(arg)) && (args[0] ?? '-').startsWith('-');
  return command && optionsOnly ? [...command.split(' '), ...args] : args;
}

main(commandLine(process.argv.slice(2), process.env)).then(
  (exitCode) => process.exit(exitCode),
  (err: unknown) => {
    const { message } = err as Error;
    process.stderr.write(`${process.env.BENCHMARK_DEBUG ? (err as Error).stack : message}\n`);
    process.exit(err instanceof CliError ? err.exitCode : 1);
  },
);
