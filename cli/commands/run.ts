import { createInterface } from 'node:readline/promises';
import { Client, type Connection } from '@temporalio/client';
import type { ArgumentsCamelCase, Argv } from 'yargs';
import { checkFrontend } from '../../activities/check-health';
import { connect } from '../../activities/connections';
import { BENCHMARK_RUN } from '../../orchestrator/benchmark-types';
import { CONTROL_NAMESPACE, CONTROL_QUEUE } from '../../orchestrator/names';
import { planOf } from '../../orchestrator/plan';
import { formatDuration } from '../../spec/duration';
import type { BenchmarkSpec, SpecInput } from '../../spec/parse';
import type { Session } from '../../machine/session';
import { isLoopback, readConnections, withConnectionOptions, type Connections } from '../connection-options';
import { badConfiguration, CliError } from '../errors';
import { follow, report } from '../follow';
import { closeHome, openHome } from '../home';
import { readSpec, withSpecOptions } from '../spec-options';

export const command = 'run';
export const describe = 'Run a benchmark, watch it, and end with its verdict';

export function builder(yargs: Argv) {
  return withConnectionOptions(withSpecOptions(yargs))
    .option('out', {
      type: 'string',
      default: 'benchmark-results',
      requiresArg: true,
      describe: 'Folder of result.json',
    })
    .option('output', {
      alias: 'o',
      choices: ['text', 'json'] as const,
      default: 'text',
      describe: 'json prints the result, and only it, on stdout',
    })
    .option('workflow-id', {
      type: 'string',
      requiresArg: true,
      describe: 'Workflow id of the run (default: benchmark-<time>)',
    })
    .option('yes', {
      alias: 'y',
      type: 'boolean',
      default: false,
      describe: 'Do not ask before sending load to a target that is not this machine',
    })
    .option('dry-run', { type: 'boolean', default: false, describe: 'Print what would be done, and do nothing' });
}

type Args = ArgumentsCamelCase<Record<string, unknown>>;

/** A run that has been started: where to watch it, and what to tear down once it has ended. */
export interface StartedRun {
  readonly client: Client;
  readonly connection: Connection;
  readonly workflowId: string;
  readonly session?: Session;
}

export async function handler(argv: Args): Promise<number> {
  const started = await startRun(argv);
  if (started === undefined) return 0;
  const { client, workflowId, session, connection } = started;
  const outcome = await follow(client, workflowId);
  const exitCode = report(outcome, { out: String(argv.out), json: argv.output === 'json' });
  await connection.close();
  if (session) await closeHome(session);
  return exitCode;
}

/** Everything up to the start of the workflow; undefined after a dry run. */
export async function startRun(argv: Args): Promise<StartedRun | undefined> {
  const connections = readConnections(argv);
  const { input, spec } = readSpec(argv, connections.target === undefined);
  checkRateLimit(spec);
  if (argv.dryRun) {
    process.stdout.write(dryRun(spec, connections));
    return undefined;
  }
  await consent(connections, Boolean(argv.yes));
  // A target that does not answer is found before anything is started on this machine.
  if (connections.target) await checkFrontend(connections.target, connections.connectTimeoutMs);
  const workflowId = String(argv.workflowId ?? `benchmark-${new Date().toISOString().slice(0, 19).replace(/\D/g, '')}`);
  return await (connections.control
    ? startOnControl(connections, workflowId, input)
    : startAtHome(connections, workflowId, input, spec));
}

async function startAtHome(
  connections: Connections,
  workflowId: string,
  input: SpecInput,
  spec: BenchmarkSpec,
): Promise<StartedRun> {
  const session = await openHome(connections, spec.lanes);
  try {
    const address = session.read().controlAddress!;
    const connection = await connect({ address, options: { address } });
    const client = new Client({ connection, namespace: CONTROL_NAMESPACE });
    await startWorkflow(client, workflowId, input);
    session.update({ workflowId });
    return { client, connection, workflowId, session };
  } catch (err) {
    await closeHome(session);
    throw err;
  }
}

async function startOnControl(
  { control, connectTimeoutMs }: Connections,
  workflowId: string,
  input: SpecInput,
): Promise<StartedRun> {
  await checkFrontend(control!, connectTimeoutMs);
  const connection = await connect(control!, connectTimeoutMs);
  const client = new Client({ connection, namespace: control!.namespace || CONTROL_NAMESPACE });
  await startWorkflow(client, workflowId, input);
  return { client, connection, workflowId };
}

async function startWorkflow(client: Client, workflowId: string, input: SpecInput): Promise<void> {
  await client.workflow.start(BENCHMARK_RUN, {
    workflowId,
    taskQueue: CONTROL_QUEUE,
    args: [input],
    workflowIdConflictPolicy: 'FAIL',
    staticSummary: summary(input),
    memo: { spec: input },
  });
}

function summary(input: SpecInput): string {
  const { stages, rate, duration } = input as { stages?: number[]; rate?: number; duration?: string };
  return stages ? `staircase ${stages.join(', ')}/s` : `${rate ?? 100}/s for ${duration ?? '5m'}`;
}

/** BENCHMARK_MAX_RATE bounds what may be asked for from here. */
function checkRateLimit(spec: BenchmarkSpec, env = process.env): void {
  const limit = Number(env.BENCHMARK_MAX_RATE);
  const { peakRate } = planOf(spec);
  if (env.BENCHMARK_MAX_RATE && peakRate > limit) {
    throw badConfiguration(
      `rate: ${peakRate} is not allowed; BENCHMARK_MAX_RATE allows up to ${limit} workflow starts per second`,
    );
  }
}

async function consent({ target }: Connections, yes: boolean): Promise<void> {
  if (target === undefined || isLoopback(target.address) || yes) return;
  if (!process.stdin.isTTY)
    throw badConfiguration(`address: ${target.address} is not this machine; give --yes to send load there`);
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await prompt.question(`Send load to ${target.address}? [y/N] `);
  prompt.close();
  if (!/^y(es)?$/i.test(answer.trim())) throw new CliError('nothing was started');
}

function dryRun(spec: BenchmarkSpec, { target, control }: Connections): string {
  const plan = planOf(spec);
  return [
    `target      ${target?.address ?? 'an embedded server, in memory'}`,
    `control     ${control?.address ?? 'an embedded server, with a database file'}`,
    `namespace   ${spec.namespace ?? 'benchmark-<run>, registered by the run'}`,
    `arrivals    ${plan.arrivals} (${spec.arrivals}) in ${formatDuration(plan.durationMs)}`,
    `peak rate   ${plan.peakRate}/s over ${plan.lanes} lane(s)`,
    `hosts       ${spec.hosts} with ${spec.hostSlots} slots each`,
    `observed    ${plan.observeShare === 1 ? 'every completion' : `${(plan.observeShare * 100).toFixed(1)} % of the completions`}`,
    ...plan.steps.map(
      (step) =>
        `step ${step.name}      ${step.kind} ${step.fromRate} → ${step.toRate}/s for ${formatDuration(step.durationMs)}`,
    ),
    '',
  ].join('\n');
}
