import { existsSync } from 'node:fs';
import type { ArgumentsCamelCase, Argv } from 'yargs';
import { awaitRun, type RunOutcome } from '../../machine/await-run';
import { progressQuery, type Progress } from '../../orchestrator/messages';
import { renderText } from '../../report/text';
import { VERBOSE } from '../deliver';
import { readConnections, withControlOptions } from '../connection-options';
import { refuseWithoutControl } from '../effects';
import { describeBrackets } from '../search-view';
import { CliError } from '../errors';
import { locate } from '../locate';
import { STDIN } from '../read-file';
import { readResult } from '../read-result';

export const command = 'show [run]';
export const describe = 'Show the progress or the result of a run, or a result.json';

export function builder(yargs: Argv) {
  return withControlOptions(yargs)
    .positional('run', {
      type: 'string',
      describe:
        'Workflow ID of the run, a result.json, or a log of run -o log; - for stdin (default: the latest run on this machine)',
    })
    .option('output', {
      alias: 'o',
      requiresArg: true,
      choices: ['text', 'json'] as const,
      default: 'text',
      describe: 'What to print on stdout: a summary, or only the result or progress as JSON',
    })
    .option('verbose', VERBOSE);
}

export async function handler(argv: ArgumentsCamelCase<Record<string, unknown>>): Promise<number> {
  const name = argv.run as string | undefined;
  const json = argv.output === 'json';
  const verbose = Boolean(argv.verbose);
  if (name !== undefined && (name === STDIN || existsSync(name)))
    return print({ result: readResult('result file', name) }, json, verbose);
  const connections = readConnections(argv);
  refuseWithoutControl(connections.control !== undefined, argv);
  const { run, ended } = await locate(name, connections, false);
  if (ended) return print(ended.outcome, json, verbose);
  const { client, connection, workflowId } = run!;
  try {
    const { status } = await client.workflow.getHandle(workflowId).describe();
    if (status.name !== 'RUNNING') return print(await awaitRun(client, workflowId), json, verbose);
    const progress = await client.workflow.getHandle(workflowId).query(progressQuery);
    process.stdout.write(json ? `${JSON.stringify(progress)}\n` : describeProgress(progress));
    return 0;
  } finally {
    await connection.close();
  }
}

function print({ result, error }: RunOutcome, json: boolean, verbose: boolean): number {
  if (!result) throw new CliError(error ?? 'the run ended without a result');
  process.stdout.write(json ? `${JSON.stringify(result)}\n` : `${renderText(result, { verbose })}\n`);
  return 0;
}

/** Returns the progress of a run as lines of text. */
export function describeProgress(progress: Progress): string {
  const { runId, phase, step, scheduled, acknowledged, completed, errors, latency, etaMs, notes, search } = progress;
  const position = step ? `, step ${step.number} of ${step.steps} (${step.kind})` : '';
  const latencies = latency
    ? `p50 ${latency.p50Ms.toFixed(1)} ms, p99 ${latency.p99Ms.toFixed(1)} ms`
    : 'no completions reported yet';
  return [
    `${runId}: ${phase}${position}`,
    `  scheduled ${scheduled}, acknowledged ${acknowledged}, completed ${completed}, errors ${errors}`,
    `  ${latencies}, ${Math.ceil(etaMs / 1000)} s of load left`,
    ...(search ? describeBrackets(search).map((line) => `  ${line}`) : []),
    ...notes.map((note) => `  ${note}`),
    '',
  ].join('\n');
}
