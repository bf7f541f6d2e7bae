import { setTimeout as sleep } from 'node:timers/promises';
import type { ArgumentsCamelCase, Argv } from 'yargs';
import { EXIT } from '../../report/exit-codes';
import { Against, withAgainstOptions } from '../against';
import { deliver, deliverFailure, outputOptions, RESULTS, resultOptions, withOutputOptions } from '../deliver';
import { CliError, messageOf } from '../errors';
import { follow } from '../follow';
import { withLivePage, type LivePage } from '../live-page';
import { createOutFolder } from '../out-folder';
import { handler as runHost } from './host';
import { isSwitchedOn } from '../settings';
import { startRun, withStartOptions } from '../start-run';
import { webOptions, withWebOptions } from '../web-options';

export const command = 'run';
export const describe = 'Run a benchmark: show its progress, then its result';

export function builder(yargs: Argv) {
  return withWorkerOption(withWebOptions(withAgainstOptions(withOutputOptions(withStartOptions(yargs)))));
}

export function withWorkerOption(yargs: Argv): Argv {
  return yargs.option('with-worker', {
    type: 'boolean',
    describe:
      'Also run the roles of benchmark worker, as in a single container. They use the control server; without one, they use the target, whose stalls then affect the benchmark itself [BENCHMARK_WITH_WORKER] (default: false)',
  });
}

export async function handler(argv: ArgumentsCamelCase<Record<string, unknown>>): Promise<number> {
  try {
    if (isSwitchedOn({}, 'worker-only', 'BENCHMARK_WORKER_ONLY')) return await runHost(argv);
    return await withLivePage(webOptions(argv), (page) => runOnce(argv, page));
  } catch (err) {
    const exitCode = err instanceof CliError ? err.exitCode : EXIT.error;
    return deliverFailure(messageOf(err), exitCode, resultOptions(argv));
  }
}

async function runOnce(argv: Readonly<Record<string, unknown>>, page?: LivePage): Promise<number> {
  const options = outputOptions(argv);
  const against = Against.read(argv);
  if (!argv.dryRun)
    createOutFolder(options.out === undefined ? 'the default of --out' : '--out', options.out ?? RESULTS);
  const started = await startRun(argv, { check: (spec) => against?.check(spec) });
  if (started === undefined) return 0;
  const { run, connections } = started;
  try {
    const outcome = await follow(run, connections.env, page);
    await run.connection.close();
    const delivered = await deliver(outcome, options, run.session);
    const { result } = outcome;
    const exitCode = against && result ? against.compare(result, delivered, options) : delivered;
    if (run.roles) await linger(options.metricsLingerMs);
    return exitCode;
  } finally {
    await run.roles?.stop(true);
  }
}

/** Waits, so that a last scrape sees the totals. Ends early on SIGTERM or SIGINT. */
export async function linger(ms: number): Promise<void> {
  const interrupted = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => interrupted.abort());
  await sleep(ms, undefined, { signal: interrupted.signal }).catch(() => undefined);
}
