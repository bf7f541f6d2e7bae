import { createInterface } from 'node:readline/promises';
import { Client, WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import type { Argv } from 'yargs';
import { checkFrontend } from '../temporal/check-frontend';
import { connect } from '../temporal/connections';
import { describeGrpcError } from '../temporal/grpc-errors';
import { BENCHMARK_RUN } from '../orchestrator/benchmark-types';
import { CONTROL_NAMESPACE, CONTROL_QUEUE } from '../orchestrator/names';
import { planOf } from '../orchestrator/plan';
import type { Supervisor } from '../machine/supervisor';
import type { BenchmarkSpec, SpecInput } from '../spec/parse';
import {
  isLoopback,
  metricsAddress,
  onTargetItself,
  plainEnvironment,
  readConnections,
  withConnectionOptions,
  withMetricsOption,
  type Connections,
} from './connection-options';
import { dryRun } from './dry-run';
import { badConfiguration, CliError } from './errors';
import { stopLocalSession, startLocalSession } from './local-session';
import { connectControl, type LocatedRun } from './locate';
import { readResult } from './read-result';
import { ALL_ROLES, rolesOf, superviseRoles } from './roles';
import { readSpec, withSpecOptions } from './spec-options';

/** Scraped from elsewhere. */
const CONTAINER_METRICS = '0.0.0.0:9090';
/** Only this machine sees the metrics of a run at home. */
const HOME_METRICS = '127.0.0.1:9090';

export function withStartOptions(yargs: Argv): Argv {
  return withMetricsOption(withConnectionOptions(withSpecOptions(yargs, true)), HOME_METRICS)
    .option('db-filename', {
      type: 'string',
      requiresArg: true,
      group: 'Target:',
      describe:
        'keep the embedded target in this database file, so that it survives its own death (default: in memory)',
    })
    .option('dynamic-config-value', {
      type: 'string',
      requiresArg: true,
      array: true,
      group: 'Target:',
      describe: 'dynamic configuration of the embedded target, e.g. frontend.namespaceRPS=100',
    })
    .option('workflow-id', {
      type: 'string',
      requiresArg: true,
      describe: 'Workflow id of the run [BENCHMARK_WORKFLOW_ID] (default: run-<time>)',
    })
    .option('attach', {
      type: 'boolean',
      describe:
        'Where a run with this --workflow-id exists, go on with that one and never start another: for a container that is restarted [BENCHMARK_ATTACH]',
    })
    .option('yes', {
      alias: 'y',
      type: 'boolean',
      default: false,
      describe: 'Do not ask before sending load to a target that is not this machine',
    })
    .option('dry-run', { type: 'boolean', default: false, describe: 'Print what would be done, and do nothing' })
    .option('measured', {
      type: 'string',
      requiresArg: true,
      describe:
        'With --dry-run: a result.json of the same workload, to say how many hosts its CPU per workflow calls for',
    });
}

/** Options that a container has by its environment. */
function isSet(argv: Readonly<Record<string, unknown>>, name: 'attach' | 'withWorker'): boolean {
  const value = argv[name];
  const variable = { attach: 'BENCHMARK_ATTACH', withWorker: 'BENCHMARK_WITH_WORKER' }[name];
  return value === undefined ? process.env[variable] === 'true' : value === true;
}

export interface Started {
  readonly run: LocatedRun;
  readonly connections: Connections;
}

/** Everything up to the start of the workflow; undefined after a dry run. */
export async function startRun(argv: Readonly<Record<string, unknown>>): Promise<Started | undefined> {
  const given = readConnections(argv);
  const connections = isSet(argv, 'withWorker') && !given.control ? onTargetItself(given) : given;
  const attach = isSet(argv, 'attach');
  if (attach && workflowIdOf(argv) === undefined)
    throw badConfiguration('attach: it needs the --workflow-id of the run');
  const { input, spec } = readSpec(argv, connections.target === undefined);
  checkRateLimit(spec);
  if (argv.dryRun) {
    const measured = argv.measured === undefined ? undefined : readResult('measured', String(argv.measured));
    process.stdout.write(dryRun(spec, connections, measured));
    return undefined;
  }
  await consent(connections, Boolean(argv.yes));
  // A target that does not answer is found before anything is started on this machine.
  if (connections.target) await checkFrontend(connections.target, connections.connectTimeoutMs);
  const workflowId = String(workflowIdOf(argv) ?? defaultWorkflowId());
  const run = connections.control
    ? await startOnControl(connections, workflowId, input, spec, { ...argv, attach })
    : await startAtHome(connections, workflowId, input, spec, argv);
  return { run, connections };
}

function workflowIdOf({ workflowId }: Readonly<Record<string, unknown>>): unknown {
  return workflowId ?? (process.env.BENCHMARK_WORKFLOW_ID || undefined);
}

function defaultWorkflowId(): string {
  const digits = new Date().toISOString().slice(0, 19).replace(/\D/g, '');
  return `run-${digits.slice(0, 8)}-${digits.slice(8)}`;
}

async function startAtHome(
  connections: Connections,
  workflowId: string,
  input: SpecInput,
  spec: BenchmarkSpec,
  argv: Readonly<Record<string, unknown>>,
): Promise<LocatedRun> {
  const session = await startLocalSession(
    {
      workflowId,
      summary: summary(spec),
      lanes: spec.lanes,
      hosts: spec.hosts,
      connectTimeoutMs: connections.connectTimeoutMs,
      environment: plainEnvironment(connections.env),
      embeddedTarget: connections.target === undefined,
      metricsAddress: metricsAddress(argv, HOME_METRICS),
      ...(argv.dbFilename === undefined ? {} : { targetDatabase: String(argv.dbFilename) }),
      ...(argv.dynamicConfigValue === undefined ? {} : { targetDynamicConfig: argv.dynamicConfigValue as string[] }),
    },
    connections.env,
  );
  try {
    const address = session.processes.controlAddress!;
    const connection = await connect({ address, options: { address } });
    const client = new Client({ connection, namespace: CONTROL_NAMESPACE });
    await startWorkflow(client, workflowId, input, spec);
    session.updateRun({ started: true });
    return { client, connection, workflowId, session };
  } catch (err) {
    await stopLocalSession(session);
    throw err;
  }
}

async function startOnControl(
  connections: Connections,
  workflowId: string,
  input: SpecInput,
  spec: BenchmarkSpec,
  argv: Readonly<Record<string, unknown>>,
): Promise<LocatedRun> {
  const roles = isSet(argv, 'withWorker') ? await startRoles(connections, spec, argv) : undefined;
  try {
    const { client, connection } = await connectControl(connections);
    await startWorkflow(client, workflowId, input, spec, Boolean(argv.attach));
    return { client, connection, workflowId, roles };
  } catch (err) {
    await roles?.stop(true);
    throw err;
  }
}

/** The roles of a run that brings them along. */
async function startRoles(
  connections: Connections,
  spec: BenchmarkSpec,
  argv: Readonly<Record<string, unknown>>,
): Promise<Supervisor> {
  const { env, control, connectTimeoutMs } = connections;
  const plan = rolesOf(env.BENCHMARK_ROLES || ALL_ROLES, env.BENCHMARK_GENERATORS || String(spec.lanes));
  await checkFrontend(control!, connectTimeoutMs);
  const { supervisor, ready } = superviseRoles(plan, connections, metricsAddress(argv, CONTAINER_METRICS));
  await ready;
  return supervisor;
}

/** @param attach leave it at the run of this id where there is one, be it over */
async function startWorkflow(
  client: Client,
  workflowId: string,
  input: SpecInput,
  spec: BenchmarkSpec,
  attach = false,
): Promise<void> {
  try {
    await client.workflow.start(BENCHMARK_RUN, {
      workflowId,
      taskQueue: CONTROL_QUEUE,
      args: [input],
      workflowIdConflictPolicy: 'FAIL',
      workflowIdReusePolicy: attach ? 'REJECT_DUPLICATE' : 'ALLOW_DUPLICATE',
      staticSummary: summary(spec),
      memo: { spec: input },
    });
  } catch (err) {
    if (err instanceof WorkflowExecutionAlreadyStartedError) {
      if (attach) return void process.stderr.write(`${workflowId} exists; going on with it.\n`);
      throw new CliError(`${workflowId} is in progress already; watch it, or give another --workflow-id`);
    }
    const where = `namespace ${client.options.namespace} of the control server`;
    throw new CliError(
      `the run could not be started in ${where}: ${describeGrpcError(err)}\nA worker with the role control registers it; --control-namespace names another one.`,
    );
  }
}

function summary({ workload, mix, stages, hold, rate, duration }: BenchmarkSpec): string {
  const what = mix ?? workload;
  return stages ? `${what}: ${stages.join(', ')}/s, ${hold} each` : `${what}: ${rate}/s for ${duration}`;
}

/** BENCHMARK_MAX_RATE bounds what may be asked for from here. */
function checkRateLimit(spec: BenchmarkSpec, env = process.env): void {
  const { peakRate } = planOf(spec);
  if (env.BENCHMARK_MAX_RATE && peakRate > Number(env.BENCHMARK_MAX_RATE)) {
    throw badConfiguration(
      `rate: ${peakRate} is not allowed; BENCHMARK_MAX_RATE allows up to ${env.BENCHMARK_MAX_RATE} workflow starts per second`,
    );
  }
}

async function consent({ target }: Connections, yes: boolean): Promise<void> {
  if (target === undefined || isLoopback(target.address) || yes) return;
  if (!process.stdin.isTTY) {
    throw badConfiguration(`address: ${target.address} is not this machine; give --yes to send load there`);
  }
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await prompt.question(`Send load to ${target.address}? [y/N] `);
  prompt.close();
  if (!/^y(es)?$/i.test(answer.trim())) throw new CliError('nothing was started');
}
