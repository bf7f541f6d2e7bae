import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Argv } from 'yargs';
import type { RunOutcome } from '../machine/await-run';
import type { Session } from '../machine/session';
import { BAD_SPEC } from '../orchestrator/benchmark-types';
import { EXIT } from '../report/exit-codes';
import { renderJunit } from '../report/junit';
import { toLogLines } from '../machine/log-lines';
import { renderMarkdown } from '../report/markdown';
import type { BenchmarkResult } from '../report/result-schema';
import { resultWithoutRun } from '../report/result';
import { renderText } from '../report/text';
import { parseDuration } from '../spec/duration';
import { reportPage } from './report-page';
import { leaveLocalSession } from './local-session';
import { invalidSetting } from './settings';

/** The folder of the results that no `--out` places elsewhere. */
export const RESULTS = 'benchmark-results';

export interface OutputOptions {
  /** Folder for result.json, report.html, summary.md and junit.xml; if undefined, benchmark-results/<run>. */
  readonly out?: string;
  readonly output: 'text' | 'json' | 'log';
  /** Whether the summary shows all figures. */
  readonly verbose?: boolean;
  /** How long this process keeps serving /metrics after the run. */
  readonly metricsLingerMs: number;
}

/** The option that adds the figures that only a reader of details needs. */
export const VERBOSE = {
  type: 'boolean',
  group: 'Output:',
  describe: 'Show all figures in the summary: rates, latencies, cost, cluster and account (default: false)',
} as const;

export function withOutputOptions<T>(yargs: Argv<T>): Argv<T> {
  return yargs
    .option('out', {
      type: 'string',
      requiresArg: true,
      group: 'Output:',
      describe: 'Folder for result.json, report.html, summary.md and junit.xml (default: benchmark-results/<run>)',
    })
    .option('verbose', VERBOSE)
    .option('metrics-linger', {
      type: 'string',
      requiresArg: true,
      group: 'Output:',
      describe: 'How long to keep /metrics up after the run, for a last scrape of the totals (default: 0s)',
    })
    .option('output', {
      alias: 'o',
      requiresArg: true,
      choices: ['text', 'json', 'log'] as const,
      default: 'text',
      group: 'Output:',
      describe: 'What to print on stdout: a summary, only the result as JSON, or both in lines for a container log',
    });
}

/** Throws a configuration error if a value is invalid. */
export function outputOptions(argv: Readonly<Record<string, unknown>>): OutputOptions {
  const linger = argv.metricsLinger ?? '0s';
  const metricsLingerMs = parseDuration(String(linger));
  if (metricsLingerMs === undefined) throw invalidSetting('--metrics-linger', linger, 'a duration such as 30s');
  return { ...resultOptions(argv), metricsLingerMs };
}

/** Where a result goes. Never throws, so that a failure can be delivered too. */
export type ResultOptions = Pick<OutputOptions, 'out' | 'output' | 'verbose'>;

export function resultOptions(argv: Readonly<Record<string, unknown>>): ResultOptions {
  return {
    out: argv.out === undefined ? undefined : String(argv.out),
    output: argv.output as OutputOptions['output'],
    verbose: Boolean(argv.verbose),
  };
}

/**
 * Writes and prints the outcome of a run, then stops its local session. If the files cannot be written, keeps the
 * outcome with the session, so that `watch` can write it elsewhere.
 *
 * @returns the exit code
 */
export async function deliver(outcome: RunOutcome, options: OutputOptions, session?: Session): Promise<number> {
  const { result, error, failureType } = outcome;
  if (!result) {
    const message = error ?? 'the run ended without a result';
    if (session) await leaveLocalSession(session);
    return deliverFailure(message, failureType === BAD_SPEC ? EXIT.badConfiguration : EXIT.error, options);
  }
  const written = writeResult(result, resultFolder(result, options));
  process.stdout.write(`${print(result, options, written.file)}\n`);
  if (written.problem === undefined) {
    if (session) await sleep(options.metricsLingerMs).then(() => leaveLocalSession(session));
    return result.exitCode;
  }
  process.stderr.write(`${written.problem}\n`);
  if (session) {
    session.saveOutcome(outcome);
    session.unwatch();
    process.stderr.write(
      `The result is kept. To write it to another folder: benchmark watch ${result.workflowId} --out DIR\n`,
    );
  }
  return EXIT.error;
}

/** Returns the folder that the files of a result are written to. */
export function resultFolder({ runId }: BenchmarkResult, { out }: ResultOptions): string {
  return out ?? join(RESULTS, runId);
}

function print(result: BenchmarkResult, { output, verbose }: ResultOptions, file?: string): string {
  if (output === 'json') return JSON.stringify(result);
  const text = renderText(result, { file, verbose });
  return output === 'log' ? [text, ...toLogLines(result)].join('\n') : text;
}

/**
 * Reports a failure without a run: the message on stderr, and for programs a valid result with the failure (P9).
 *
 * @returns the exit code
 */
export function deliverFailure(message: string, exitCode: number, options: ResultOptions): number {
  const { out, output } = options;
  process.stderr.write(`${message}\n`);
  if (output === 'text' && out === undefined) return exitCode;
  const outcome = exitCode === EXIT.badConfiguration ? 'BAD_CONFIGURATION' : 'ERROR';
  const result = resultWithoutRun(outcome, message, {}, Date.now());
  if (out !== undefined) writeResult(result, out);
  if (output !== 'text') process.stdout.write(`${print(result, options)}\n`);
  return exitCode;
}

/** Writes the files of a result into a folder. */
export function writeResult(result: BenchmarkResult, dir: string): { file?: string; problem?: string } {
  const file = resolve(join(dir, 'result.json'));
  try {
    mkdirSync(dir, { recursive: true });
    writeFileSync(file, `${JSON.stringify(result, null, 2)}\n`);
    writeFileSync(join(dir, 'summary.md'), renderMarkdown(result));
    writeFileSync(join(dir, 'junit.xml'), renderJunit(result));
    writeFileSync(join(dir, 'report.html'), reportPage([result]));
    return { file };
  } catch (err) {
    return { problem: `the result cannot be written: ${(err as Error).message}` };
  }
}
