import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
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
import { badConfiguration } from './errors';
import { stopLocalSession } from './local-session';

export interface OutputOptions {
  /** Folder of result.json, summary.md and junit.xml; benchmark-results/<run> without it. */
  readonly out?: string;
  readonly output: 'text' | 'json' | 'log';
  /** How long the machine's metrics stay up after a run at home. */
  readonly metricsLingerMs: number;
}

export function withOutputOptions<T>(yargs: Argv<T>): Argv<T> {
  return yargs
    .option('out', {
      type: 'string',
      requiresArg: true,
      group: 'Output:',
      describe: 'Folder of result.json, summary.md and junit.xml (default: benchmark-results/<run>)',
    })
    .option('metrics-linger', {
      type: 'string',
      requiresArg: true,
      default: '0s',
      group: 'Output:',
      describe: 'keep /metrics up for so long after a run at home, so that the last scrape sees the totals',
    })
    .option('output', {
      alias: 'o',
      choices: ['text', 'json', 'log'] as const,
      default: 'text',
      group: 'Output:',
      describe:
        'json prints the result, and only it, on stdout; log prints the summary and then the result in lines that fit a container log',
    });
}

export function outputOptions(argv: Readonly<Record<string, unknown>>): OutputOptions {
  const lingerMs = parseDuration(String(argv.metricsLinger ?? '0s'));
  if (lingerMs === undefined)
    throw badConfiguration(
      `metrics-linger: ${JSON.stringify(argv.metricsLinger)} is not allowed; give a duration such as 30s`,
    );
  return {
    out: argv.out === undefined ? undefined : String(argv.out),
    output: argv.output as OutputOptions['output'],
    metricsLingerMs: lingerMs,
  };
}

/**
 * Writes and prints what came out of a run, and tears down what ran for it at home. What cannot be written is kept
 * with the run, so that `watch` can write it elsewhere.
 *
 * @returns the exit code
 */
export async function deliver(outcome: RunOutcome, options: OutputOptions, session?: Session): Promise<number> {
  const { result, error, failureType } = outcome;
  if (!result) {
    const message = error ?? 'the run ended without a result';
    if (session) await stopLocalSession(session);
    return deliverFailure(message, failureType === BAD_SPEC ? EXIT.badConfiguration : EXIT.error, options);
  }
  const written = writeResult(result, options.out ?? join('benchmark-results', result.runId));
  process.stdout.write(`${print(result, options.output, written.file)}\n`);
  if (written.problem === undefined) {
    if (session) await linger(options.metricsLingerMs).then(() => stopLocalSession(session));
    return result.exitCode;
  }
  process.stderr.write(`${written.problem}\n`);
  if (session) {
    session.saveOutcome(outcome);
    session.updateRun({ watcherPid: 0 });
    process.stderr.write(
      `The result is kept; write it elsewhere with: benchmark watch ${result.workflowId} --out DIR\n`,
    );
  }
  return EXIT.error;
}

function print(result: BenchmarkResult, output: OutputOptions['output'], file?: string): string {
  if (output === 'json') return JSON.stringify(result);
  const text = renderText(result, file);
  return output === 'log' ? [text, ...toLogLines(result)].join('\n') : text;
}

async function linger(ms: number): Promise<void> {
  if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
}

/** A run that has no result of its own: the message for people, and for scripts a valid result that says so (P9). */
export function deliverFailure(
  message: string,
  exitCode: number,
  { out, output }: Pick<OutputOptions, 'out' | 'output'>,
): number {
  process.stderr.write(`${message}\n`);
  if (output === 'text' && out === undefined) return exitCode;
  const outcome = exitCode === EXIT.badConfiguration ? 'BAD_CONFIGURATION' : 'ERROR';
  const result = resultWithoutRun(outcome, message, {}, Date.now());
  if (out !== undefined) writeResult(result, out);
  if (output !== 'text') process.stdout.write(`${print(result, output)}\n`);
  return exitCode;
}

function writeResult(result: BenchmarkResult, dir: string): { file?: string; problem?: string } {
  const file = resolve(join(dir, 'result.json'));
  try {
    mkdirSync(dir, { recursive: true });
    writeFileSync(file, `${JSON.stringify(result, null, 2)}\n`);
    writeFileSync(join(dir, 'summary.md'), renderMarkdown(result));
    writeFileSync(join(dir, 'junit.xml'), renderJunit(result));
    return { file };
  } catch (err) {
    return { problem: `result.json could not be written: ${(err as Error).message}` };
  }
}
