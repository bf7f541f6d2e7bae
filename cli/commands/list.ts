import { Client } from '@temporalio/client';
import type { ArgumentsCamelCase, Argv } from 'yargs';
import { connect } from '../../temporal/connections';
import { Session } from '../../machine/session';
import { BENCHMARK_RUN } from '../../orchestrator/benchmark-types';
import { progressQuery } from '../../orchestrator/messages';
import { CONTROL_NAMESPACE } from '../../orchestrator/names';
import { readConnections, withConnectionOptions } from '../connection-options';
import { isRunning } from '../local-session';
import { connectControl } from '../locate';

export const command = 'list';
export const describe = 'List the runs of this machine, or of a control server';

export function builder(yargs: Argv) {
  return withConnectionOptions(yargs).option('output', {
    alias: 'o',
    choices: ['text', 'json'] as const,
    default: 'text',
    describe: 'json prints an array, and only it, on stdout',
  });
}

interface Row {
  readonly workflowId: string;
  readonly startedAt: string;
  readonly state: string;
  readonly summary: string;
}

const MOST = 100;

export async function handler(argv: ArgumentsCamelCase<Record<string, unknown>>): Promise<number> {
  const connections = readConnections(argv);
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
  for await (const found of client.workflow.list({ query: `WorkflowType = '${BENCHMARK_RUN}'`, pageSize: MOST })) {
    const { runId } = (found.memo ?? {}) as { runId?: string };
    rows.push({
      workflowId: found.workflowId,
      startedAt: found.startTime.toISOString(),
      state: found.status.name.toLowerCase(),
      summary: runId ?? '',
    });
    if (rows.length === MOST) break;
  }
  await connection.close();
  return rows;
}

async function onThisMachine(): Promise<Row[]> {
  return await Promise.all(
    Session.all().map(async (session) => {
      const { workflowId, startedAt, summary } = session.run;
      return { workflowId, startedAt, state: await stateOf(session), summary };
    }),
  );
}

async function stateOf(session: Session): Promise<string> {
  const left = session.savedOutcome();
  if (left) return left.result?.outcome ?? 'ERROR';
  if (!isRunning(session)) return 'interrupted';
  const address = session.processes.controlAddress;
  if (address === undefined || !session.run.started) return 'starting';
  const connection = await connect({ address, options: { address } });
  try {
    const client = new Client({ connection, namespace: CONTROL_NAMESPACE });
    return (await client.workflow.getHandle(session.run.workflowId).query(progressQuery)).phase;
  } catch {
    return 'unknown';
  } finally {
    await connection.close();
  }
}
