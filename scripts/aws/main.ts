import yargs from 'yargs';
import { badConfiguration, CliError } from '../../cli/errors';
import * as getBenchmarkResults from './get-benchmark-results';
import * as runBenchmark from './run-benchmark';
import * as scaleWorkers from './scale-workers';

const SCRIPTS = {
  'run-benchmark': runBenchmark,
  'get-benchmark-results': getBenchmarkResults,
  'scale-workers': scaleWorkers,
} as const;

/** Runs one script: `scripts/NAME ARGS`. */
async function main([name = '', ...args]: readonly string[]): Promise<number> {
  const script = SCRIPTS[name as keyof typeof SCRIPTS];
  let exitCode = 0;
  await yargs(args)
    .scriptName(`scripts/${name}`)
    .command(script.command.replace(name, '$0'), script.describe, script.builder as never, async (argv) => {
      exitCode = await script.handler(argv as never);
    })
    .strict()
    .parserConfiguration({ 'parse-numbers': false, 'parse-positional-numbers': false, 'boolean-negation': true })
    .version(false)
    .wrap(110)
    .exitProcess(false)
    .fail((message, err) => {
      throw err ?? badConfiguration(`${message}\nSee: scripts/${name} --help`);
    })
    .parseAsync();
  return exitCode;
}

main(process.argv.slice(2)).then(
  (exitCode) => process.exit(exitCode),
  (err: unknown) => {
    const { message, stack } = err as Error;
    process.stderr.write(`${process.env.BENCHMARK_DEBUG ? stack : message}\n`);
    process.exit(err instanceof CliError ? err.exitCode : 1);
  },
);
