#!/usr/bin/env node
import { setFlagsFromString } from 'node:v8';
import yargs from 'yargs';
import { CliError, badConfiguration, messageOf } from './errors';
import { checkFlags, checkNpmFlags } from './flag-checks';
import * as run from './commands/run';
import * as capacity from './commands/capacity';
import * as start from './commands/start';
import * as watch from './commands/watch';
import * as web from './commands/web';
import * as list from './commands/list';
import * as show from './commands/show';
import * as compare from './commands/compare';
import * as report from './commands/report';
import * as history from './commands/history';
import * as abort from './commands/abort';
import * as cleanup from './commands/cleanup';
import * as worker from './commands/worker';
import * as host from './commands/host';
import * as server from './commands/server';
import * as doctor from './commands/doctor';
import { STDIN } from './read-file';
import { checkVariables } from './variables';

// A command can watch a run for hours on the machine that it measures. This keeps V8's young generation at its initial
// 2 MB instead of up to 32 MB, and the process small.
setFlagsFromString('--semi-space-growth-factor=1');

interface Command {
  readonly command: string;
  readonly describe: string;
  readonly builder: (yargs: yargs.Argv) => yargs.Argv;
  readonly handler: (argv: never) => Promise<number>;
}

const COMMANDS = [
  run,
  capacity,
  start,
  watch,
  web,
  list,
  show,
  compare,
  report,
  history,
  abort,
  cleanup,
  worker,
  host,
  server,
  doctor,
] as unknown as readonly Command[];

/** yargs' messages in the form of this tool's own. */
const STRINGS = {
  'Not enough arguments following: %s': '--%s requires a value',
  'Invalid values:': ' ',
  'Argument: %s, Given: %s, Choices: %s': '--%s: %s is invalid; expected one of %s',
} as unknown as Record<string, string>;

async function main(args: readonly string[]): Promise<number> {
  let exitCode = 0;
  // yargs turns the argument `-` into an empty one.
  const cli = yargs(args.map((arg) => (arg === '-' ? STDIN : arg)))
    .scriptName('benchmark')
    .usage('$0 <command>\n\nMeasures how much load a Temporal cluster sustains, and whether the measurement is valid.')
    .strict()
    .parserConfiguration({ 'parse-numbers': false, 'parse-positional-numbers': false, 'boolean-negation': true })
    .demandCommand(1, 'A command is required.')
    .wrap(Math.min(110, process.stdout.columns || 100))
    .exitProcess(false)
    .locale('en')
    .updateStrings(STRINGS)
    .fail((message, err) => {
      // yargs reports wrong usage without an error or with its own class YError.
      const isUsage = !err || err.name === 'YError';
      throw isUsage ? badConfiguration(`${(message || err.message).trim()}\nSee: benchmark --help`) : err;
    });
  for (const { command, describe, builder, handler } of COMMANDS) {
    cli.command(command, describe, builder, async (argv) => {
      checkFlags(argv as Record<string, unknown>);
      checkVariables(process.env);
      exitCode = await handler(argv as never);
    });
  }
  await cli.parseAsync();
  return exitCode;
}

/** Returns the arguments, preceded by BENCHMARK_COMMAND if they contain no command: a container then needs only options. */
function commandLine(args: readonly string[], { BENCHMARK_COMMAND: command }: NodeJS.ProcessEnv): readonly string[] {
  const optionsOnly = args.every((arg) => !/^(--help|-h|--version)$/.test(arg)) && (args[0] ?? '-').startsWith('-');
  return command && optionsOnly ? [...command.split(' '), ...args] : args;
}

async function checked(): Promise<number> {
  checkNpmFlags(runFlags(), process.env);
  return await main(commandLine(process.argv.slice(2), process.env));
}

/** Returns the flags of `benchmark run` and `benchmark capacity`, without dashes. */
function runFlags(): string[] {
  const flagsOf = ({ builder }: Pick<typeof run, 'builder'>) =>
    Object.keys((builder(yargs([])) as unknown as { getOptions(): { key: Record<string, unknown> } }).getOptions().key);
  return [...new Set([run, capacity].flatMap(flagsOf))];
}

checked().then(
  (exitCode) => process.exit(exitCode),
  (err: unknown) => {
    process.stderr.write(`${process.env.BENCHMARK_DEBUG ? (err as Error).stack : messageOf(err)}\n`);
    process.exit(err instanceof CliError ? err.exitCode : 1);
  },
);
