import { WorkflowExecutionAlreadyStartedError, type Client } from '@temporalio/client';
import type { Argv } from 'yargs';
import { checkFrontend } from '../temporal/check-frontend';
import { describeGrpcError } from '../temporal/grpc-errors';
import type { SeenTarget } from '../orchestrator/activity-types';
import { CONTROL_QUEUE } from '../orchestrator/names';
import type { RunMemo } from '../orchestrator/run-ref';
import type { Supervisor } from '../machine/supervisor';
import { executorOf } from '../spec/executor';
import { maxRateOf } from '../spec/max-rate';
import type { BenchmarkSpec } from '../spec/parse';
import type { FieldName } from '../spec/table';
import {
  metricsAddress,
  readConnections,
  withConnectionOptions,
  withMetricsOption,
  withServerMetricsOption,
  withTargetAsControl,
  type Connections,
} from './connection-options';
import { confirmTarget, targetOfWorkers } from './confirm-target';
import { refuseWithoutEffect } from './effects';
import { embeddedTargetOptions, type EmbeddedTargetOptions } from './embedded-target';
import { badConfiguration, CliError } from './errors';
import { readRun, type Launch, type ReadLaunch } from './launch';
import { startLocalSession, stopLocalSession } from './local-session';
import { connectControl, connectSession, type LocatedRun } from './locate';
import { readResult } from './read-result';
import { ALL_ROLES, rolesOf, superviseRoles } from './roles';
import { isSwitchedOn, readSetting } from './settings';
import { readTargetProfile, withSpecOptions } from './spec-options';
import { variablesToKeep } from './variables';

/** The metrics of a run with its own roles are scraped from other machines. */
const CONTAINER_METRICS = '0.0.0.0:9090';
const LOCAL_METRICS = '127.0.0.1:9090';

/** The terms of the help texts. */
const TERMS = `Terms:
  arrival    one scheduled workflow start
  lane       a share of the arrivals
  generator  a process that starts the workflows of one lane
  host       a worker process that runs the started workflows
  hold       a period at a constant rate, which gets a verdict; a staircase is a sequence of holds
  step       a ramp-up or a hold
  target     the Temporal cluster that is measured; without an address, an embedded server
  control    the Temporal server that runs the benchmark itself; without an address, an embedded server`;

type Flags = Readonly<Record<string, unknown>>;

/** @param hidden fields without effect, which the help does not show */
export function withStartOptions(yargs: Argv, hidden: readonly FieldName[] = []): Argv {
  const text = (describe: string) => ({ type: 'string', requiresArg: true, describe }) as const;
  return withMetricsOption(
    withServerMetricsOption(withConnectionOptions(withSpecOptions(yargs, true, hidden))),
    LOCAL_METRICS,
  )
    .option('db-filename', {
      ...text('Database file of the embedded target, which then survives a crash (default: in memory)'),
      group: 'Target:',
    })
    .option('dynamic-config-value', {
      ...text('Dynamic configuration of the embedded target as key=value, such as frontend.namespaceRPS=100'),
      array: true,
      group: 'Target:',
    })
    .option('workflow-id', text('Workflow ID of the run [BENCHMARK_WORKFLOW_ID] (default: run-<time>)'))
    .option('attach', {
      type: 'boolean',
      describe:
        'If a run with this --workflow-id exists, running or not, use it instead of starting another; for containers that are restarted [BENCHMARK_ATTACH] (default: false)',
    })
    .option('yes', {
      alias: 'y',
      type: 'boolean',
      default: false,
      describe: 'Send load to a target on another machine without asking',
    })
    .option('dry-run', { type: 'boolean', default: false, describe: 'Print the plan of the run, and start nothing' })
    .option(
      'measured',
      text(
        'With --dry-run: result.json of the same workload, to calculate the number of lanes or hosts (default: none)',
      ),
    )
    .epilogue(TERMS);
}

export interface Started {
  readonly run: LocatedRun;
  readonly connections: Connections;
}

/**
 * Checks the configuration and starts the run. Returns undefined after a dry run. Contacts nothing before it is checked.
 *
 * @param options what to start, a run unless `read` reads something else; and a further check of the spec
 */
export async function startRun(
  argv: Flags,
  { read = readRun, check }: { read?: ReadLaunch; check?: (spec: BenchmarkSpec) => void } = {},
): Promise<Started | undefined> {
  const withWorker = isSwitchedOn(argv, 'with-worker', 'BENCHMARK_WITH_WORKER');
  const targetProfile = readTargetProfile(argv);
  const given = readConnections({ ...argv, targetProfile }, process.env, withWorker);
  refuseWithoutEffect(
    {
      hasTarget: given.target !== undefined,
      hasControl: given.control !== undefined,
      runsRoles: withWorker,
      isDryRun: Boolean(argv.dryRun),
      hasTargetProfile: targetProfile !== undefined,
    },
    argv,
    process.env,
  );
  const attach = isSwitchedOn(argv, 'attach', 'BENCHMARK_ATTACH');
  const connections = withWorker && !given.control ? withTargetAsControl(given) : given;
  const givenId = readSetting(argv, 'workflow-id', ['BENCHMARK_WORKFLOW_ID'])?.value;
  if (attach && givenId === undefined) throw badConfiguration('--attach requires --workflow-id: the run to use');
  const launch = read(argv, !connections.target && !connections.control);
  checkRateLimit(launch);
  check?.(launch.spec);
  const embedded = embeddedTargetOptions(argv);
  const metrics = metricsAddress(argv, withWorker ? CONTAINER_METRICS : LOCAL_METRICS);
  if (argv.dryRun) {
    const measured = argv.measured === undefined ? undefined : readResult('--measured', String(argv.measured));
    process.stdout.write(launch.describe(connections, measured));
    return undefined;
  }
  const { target, connectTimeoutMs } = connections;
  if (target && !argv.yes) await confirmTarget(target.address);
  // Check the target before anything is started on this machine.
  const seen = target && (await checkFrontend(target, connectTimeoutMs));
  const workflowId = givenId ?? defaultWorkflowId(launch.idPrefix);
  const start = { ...launch, workflowId, attach, seen, confirmed: Boolean(argv.yes) || target !== undefined };
  const run = connections.control
    ? await startOnControl(connections, start, withWorker ? metrics : undefined)
    : await startLocally(connections, start, metrics, embedded);
  return { run, connections };
}

interface RunStart extends Launch {
  readonly workflowId: string;
  /** Use an existing run with this workflow ID, even if it has ended. */
  readonly attach: boolean;
  /** The target as this process reaches it; undefined if only the workers have a connection to it. */
  readonly seen?: SeenTarget;
  /** Whether the user has agreed to send load to the target. */
  readonly confirmed: boolean;
}

function defaultWorkflowId(prefix: string): string {
  const digits = new Date().toISOString().slice(0, 19).replace(/\D/g, '');
  return `${prefix}-${digits.slice(0, 8)}-${digits.slice(8)}`;
}

async function startLocally(
  connections: Connections,
  start: RunStart,
  metrics: string,
  embedded: EmbeddedTargetOptions,
): Promise<LocatedRun> {
  const { workflowId, spec, summary } = start;
  const session = await startLocalSession(
    {
      workflowId,
      summary,
      lanes: spec.lanes,
      hosts: executorOf(spec) === 'sdk' ? spec.hosts : 0,
      connectTimeoutMs: connections.connectTimeoutMs,
      environment: variablesToKeep(connections.env),
      embeddedTarget: connections.target === undefined,
      metricsAddress: metrics,
      ...embedded,
    },
    connections.env,
  );
  try {
    const { client, connection } = await connectSession(session);
    // A new control server has no runs.
    await startWorkflow(client, { ...start, attach: false });
    session.updateRun({ started: true });
    return { client, connection, workflowId, session };
  } catch (err) {
    await stopLocalSession(session);
    throw err;
  }
}

/** @param metrics the address of /metrics, if this process runs the roles, too */
async function startOnControl(connections: Connections, start: RunStart, metrics?: string): Promise<LocatedRun> {
  const roles = metrics === undefined ? undefined : await startRoles(connections, start.spec, metrics);
  try {
    const { client, connection } = await connectControl(connections);
    if (!start.confirmed && !(start.attach && (await exists(client, start.workflowId))))
      await confirmTarget((await targetOfWorkers(client, { ...connections, ...start, ...start.spec })).address);
    await startWorkflow(client, start);
    return { client, connection, workflowId: start.workflowId, roles };
  } catch (err) {
    await roles?.stop(true);
    throw err;
  }
}

async function startRoles(connections: Connections, spec: BenchmarkSpec, metrics: string): Promise<Supervisor> {
  const { env, control, connectTimeoutMs } = connections;
  const plan = rolesOf(
    readSetting({}, 'roles', ['BENCHMARK_ROLES'], env) ?? { name: 'default', value: ALL_ROLES },
    readSetting({}, 'generators', ['BENCHMARK_GENERATORS'], env) ?? { name: 'lanes', value: String(spec.lanes) },
  );
  await checkFrontend(control!, connectTimeoutMs);
  const { supervisor, ready } = superviseRoles(plan, connections, metrics);
  await ready;
  return supervisor;
}

async function exists(client: Client, workflowId: string): Promise<boolean> {
  return await client.workflow
    .getHandle(workflowId)
    .describe()
    .then(
      () => true,
      () => false,
    );
}

async function startWorkflow(
  client: Client,
  { workflowId, workflowType, input, summary, attach, seen }: RunStart,
): Promise<void> {
  const target = seen && { address: seen.address, clusterId: seen.clusterId };
  try {
    await client.workflow.start(workflowType, {
      workflowId,
      taskQueue: CONTROL_QUEUE,
      args: [input],
      workflowIdConflictPolicy: 'FAIL',
      workflowIdReusePolicy: attach ? 'REJECT_DUPLICATE' : 'ALLOW_DUPLICATE',
      staticSummary: summary,
      memo: { spec: input, ...(target && ({ target } satisfies RunMemo)) },
    });
  } catch (err) {
    if (err instanceof WorkflowExecutionAlreadyStartedError) {
      if (attach) return void process.stderr.write(`The run ${workflowId} exists; using it.\n`);
      throw new CliError(
        `the run ${workflowId} is already in progress. To watch it: benchmark watch ${workflowId}. To start another run, set another --workflow-id`,
      );
    }
    throw new CliError(
      `the run could not be started in the namespace ${client.options.namespace} of the control server: ${describeGrpcError(err)}\n` +
        'A control worker registers this namespace: benchmark worker --roles control. To use another namespace, set --control-namespace',
    );
  }
}

/** BENCHMARK_MAX_RATE protects a target against a mistyped rate. Its value has been checked. */
function checkRateLimit({ peakRate }: Launch, env = process.env): void {
  const maxRate = maxRateOf(env);
  if (maxRate === undefined || peakRate <= maxRate) return;
  throw badConfiguration(
    `the rate ${peakRate}/s exceeds BENCHMARK_MAX_RATE; expected up to ${maxRate} workflow starts per second`,
  );
}
