import { existsSync } from 'node:fs';
import type { ArgumentsCamelCase, Argv } from 'yargs';
import { awaitRun, type RunOutcome } from '../../machine/await-run';
import { progressQuery, type Progress } from '../../orchestrator/messages';
import { renderText } from '../../report/text';
import { readConnections, withConnectionOptions } from '../connection-options';
import { CliError } from '../errors';
import { locate } from '../locate';
import { readResult } from '../read-result';

export const command = 'show [run]';
export const describe = 'Show where a run stands, or the result of one that is over or of a result.json';

export function builder(yargs: Argv) {
  return withConnectionOptions(yargs)
    .positional('run', {
      type: 'string',
      describe: 'Workflow id of the run, or a result.json (default: the latest run of this machine)',
    })
    .option('output', {
      alias: 'o',
      choices: ['text', 'json'] as const,
      default: 'text',
      describe: 'json prints the result or the progress, and only it, on stdout',
    });
}

export async function handler(argv: ArgumentsCamelCase<Record<string, unknown>>): Promise<number> {
  const name = argv.run as string | undefined;
  const json = argv.output === 'json';
  if (name !== undefined && existsSync(name)) return print({ result: readResult('run', name) }, json);
  const { run, left } = await locate(name, readConnections(argv), false);
  if (left) return print(left.outcome, json);
  const { client, connection, workflowId } = run!;
  try {
    const { status } = await client.workflow.getHandle(workflowId).describe();
    if (status.name !== 'RUNNING') return print(await awaitRun(client, workflowId), json);
    const progress = await client.workflow.getHandle(workflowId).query(progressQuery);
    process.stdout.write(json ? `${JSON.stringify(progress)}\n` : describeProgress(progress));
    return 0;
  } finally {
    await connection.close();
  }
}

function print({ result, error }: RunOutcome, json: boolean): number {
  if (!result) throw new CliError(error ?? 'the run ended without a result');
  process.stdout.write(json ? `${JSON.stringify(result)}\n` : `${renderText(result)}\n`);
  return 0;
}

function describeProgress(p: Progress): string {
  const step = p.step ? `, step ${p.step.number} of ${p.step.steps} (${p.step.kind})` : '';
  return [
    `${p.runId}: ${p.phase}${step}`,
    `  scheduled ${p.scheduled}, acknowledged ${p.acknowledged}, completed ${p.completed}, errors ${p.errors}`,
    `  p50 ${p.latency.p50Ms.toFixed(1)} ms, p99 ${p.latency.p99Ms.toFixed(1)} ms, ${Math.ceil(p.etaMs / 1000)} s of load left`,
    ...p.notes.map((note) => `  ${note}`),
    '',
  ].join('\n');
}
