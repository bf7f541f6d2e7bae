import type { ArgumentsCamelCase, Argv } from 'yargs';
import type { RunOutcome } from '../../machine/await-run';
import { EXIT } from '../../report/exit-codes';
import { HIDDEN_IN_SEARCH, withSearchOptions } from '../capacity-options';
import { deliver, deliverFailure, outputOptions, RESULTS, resultOptions, withOutputOptions } from '../deliver';
import { CliError, messageOf } from '../errors';
import { follow } from '../follow';
import { readSearch } from '../launch';
import { withLivePage, type LivePage } from '../live-page';
import { createOutFolder } from '../out-folder';
import { startRun, withStartOptions } from '../start-run';
import { readSweep, renderSweep, type SweepRow } from '../sweep';
import { webOptions, withWebOptions } from '../web-options';
import { linger, withWorkerOption } from './run';

export const command = 'capacity';
export const describe = 'Find the highest rate that the cluster holds, and prove it by repeated trials';

type Args = ArgumentsCamelCase<Record<string, unknown>>;

export function builder(yargs: Argv) {
  const withSearch = withSearchOptions(withOutputOptions(withStartOptions(yargs, HIDDEN_IN_SEARCH)));
  return withWorkerOption(withWebOptions(withSearch)).option('sweep', {
    type: 'string',
    requiresArg: true,
    group: 'Search:',
    describe: 'Search once per value of an option, such as lanes=1,2,4, and print one table (default: none)',
  });
}

export async function handler(argv: Args): Promise<number> {
  try {
    const sweep = readSweep(argv);
    if (sweep === undefined) return (await searchOnce(argv)).exitCode;
    // Each search has its own workflow ID and folder. Check all of them before the first one starts.
    for (const { flags } of sweep) readSearch(flags, true);
    const rows: SweepRow[] = [];
    let exitCode: number = EXIT.passed;
    for (const { value, flags } of sweep) {
      process.stderr.write(`\n${value}\n`);
      const search = await searchOnce({ ...argv, ...flags });
      if (search.result?.capacity) rows.push({ value, capacity: search.result.capacity });
      if (exitCode === EXIT.passed) exitCode = search.exitCode;
      if (search.exitCode === EXIT.interrupted) break;
    }
    if (!argv.dryRun && argv.output === 'text') process.stdout.write(renderSweep(rows));
    return exitCode;
  } catch (err) {
    const exitCode = err instanceof CliError ? err.exitCode : EXIT.error;
    return deliverFailure(messageOf(err), exitCode, resultOptions(argv));
  }
}

interface Searched {
  readonly exitCode: number;
  readonly result?: RunOutcome['result'];
}

async function searchOnce(argv: Args): Promise<Searched> {
  return await withLivePage(webOptions(argv), (page) => searchWithPage(argv, page));
}

async function searchWithPage(argv: Args, page?: LivePage): Promise<Searched> {
  const options = outputOptions(argv);
  if (!argv.dryRun)
    createOutFolder(options.out === undefined ? 'the default of --out' : '--out', options.out ?? RESULTS);
  const started = await startRun(argv, { read: readSearch });
  if (started === undefined) return { exitCode: EXIT.passed };
  const { run, connections } = started;
  try {
    const outcome = await follow(run, connections.env, page);
    await run.connection.close();
    const exitCode = await deliver(outcome, options, run.session);
    if (run.roles) await linger(options.metricsLingerMs);
    return { exitCode, result: outcome.result };
  } finally {
    await run.roles?.stop(true);
  }
}
