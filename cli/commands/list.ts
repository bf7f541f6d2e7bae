import type { ArgumentsCamelCase, Argv } from 'yargs';
import { Session } from '../../machine/session';
import { BENCHMARK_RUN, CAPACITY_SEARCH } from '../../orchestrator/benchmark-types';
import { progressQuery } from '../../orchestrator/messages';
import { readConnections, withControlOptions } from '../connection-options';
import { refuseWithoutControl } from '../effects';
import { isRunning } from '../local-session';
import { connectControl, connectSession } from '../locate';

export const command = 'list';
export const describe = 'List the runs and searches on this machine or on a control server';

export function builder(yargs: Argv) {
  return withControlOptions(yargs).option('output', {
    alias: 'o',
    requiresArg: true,
    choices: ['text', 'json'] as const,
    default: 'text',
    describe: 'What to print on stdout: lines, or only a JSON array',
  });
}

interface Row {
  readonly workflowId: string;
  readonly startedAt: string;
  readonly state: string;
  readonly summary: string;
}

const MAX_RUNS = 100;

export async function handler(argv: ArgumentsCamelCase<Record<string, unknown>>): Promise<number> {
  const connections = readConnections(argv);
  refuseWithoutControl(connections.control !== undefined, argv);
  const rows = connections.control ? await onControl(connections) : await onThisMachine();
  if (argv.output === 'json') process.stdout.write(`${JSON.stringify(rows)}\n`);
  else process.stdout.write(rows.length === 0 ? 'No runs.\n' : rows.map(line).join(''));
  return 0;
}

function line({ workflowId, startedAt, state, summary }: Row): string {
  return `${workflowId.padEnd(28)} ${startedAt.slice(0, 19)}Z  ${state.padEnd(12)} ${summary}\n`;
}

async function onControl(connections: ReturnType<typeof readConnections>): Promise<Row[]> {
  const { client, connection } = await connectControl(connections);
  const rows: Row[] = [];
  for await (const found of client.workflow.list({
    query: `WorkflowType IN ('${BENCHMARK_RUN}', '${CAPACITY_SEARCH}')`,
    pageSize: MAX_RUNS,
  })) {
    const { runId } = (found.memo ?? {}) as { runId?: string };
    rows.push({
      workflowId: found.workflowId,
      startedAt: found.startTime.toISOString(),
      state: statusName(found.status.name),
      summary: runId ?? '',
    });
    if (rows.length === MAX_RUNS) break;
  }
  await connection.close();
  return rows;
}

/** Returns a workflow status as the Temporal CLI and UI spell it, e.g. `TimedOut` for `TIMED_OUT`. */
function statusName(name: string): string {
  return name
    .split('_')
    .map((word) => `${word.charAt(0)}${word.slice(1).toLowerCase()}`)
    .join('');
}

async function onThisMachine(): Promise<Row[]> {
  for (const { dir, problem } of Session.unreadable())
    process.stderr.write(
      `Warning: the state of a run in ${dir} cannot be read: ${problem}. If no run uses it, delete it.\n`,
    );
  return await Promise.all(
    Session.all().map(async (session) => {
      const { workflowId, startedAt, summary } = session.run;
      return { workflowId, startedAt, state: await stateOf(session), summary };
    }),
  );
}

async function stateOf(session: Session): Promise<string> {
  const outcome = session.savedOutcome();
  if (outcome) return outcome.result?.outcome ?? 'ERROR';
  if (!isRunning(session)) return 'stopped';
  if (session.processes.controlAddress === undefined || !session.run.started) return 'starting';
  try {
    const { client, connection } = await connectSession(session);
    try {
      return (await client.workflow.getHandle(session.run.workflowId).query(progressQuery)).phase;
    } finally {
      await connection.close();
    }
  } catch {
    return 'unknown';
  }
}
