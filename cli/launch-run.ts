import { status } from '@grpc/grpc-js';
import { WorkflowExecutionAlreadyStartedError, type Client } from '@temporalio/client';
import { hasSearchAttributes } from '../machine/search-attributes';
import type { Supervisor } from '../machine/supervisor';
import type { SeenTarget } from '../orchestrator/activity-types';
import { BENCHMARK_RUN } from '../orchestrator/benchmark-types';
import { abortUpdate } from '../orchestrator/messages';
import { CONTROL_QUEUE, runIdOf } from '../orchestrator/names';
import { runRefOf, type RunMemo } from '../orchestrator/run-ref';
import { initialAttributes } from '../orchestrator/search-attributes';
import { executorOf } from '../spec/executor';
import type { BenchmarkSpec } from '../spec/parse';
import { checkFrontend } from '../temporal/check-frontend';
import { describeGrpcError, grpcCode } from '../temporal/grpc-errors';
import { confirmTarget, targetOfWorkers } from './confirm-target';
import type { Connections } from './connection-options';
import type { EmbeddedTargetOptions } from './embedded-target';
import { CliError } from './errors';
import { unlessAborted } from './interruption';
import type { Launch } from './launch';
import { startLocalSession, stopLocalSession } from './local-session';
import { connectControl, connectSession, type LocatedRun } from './locate';
import { ALL_ROLES, rolesOf, superviseRoles } from './roles';
import { readSetting } from './settings';
import { variablesToKeep } from './variables';

export interface RunStart extends Launch {
  readonly workflowId: string;
  /** Use an existing run with this workflow ID, even if it has ended. */
  readonly attach: boolean;
  /** The target as this process reaches it; undefined if only the workers have a connection to it. */
  readonly seen?: SeenTarget;
  /** Whether the user has agreed to send load to the target. */
  readonly confirmed: boolean;
}

/** Starts a run on an embedded control server. If that fails or is interrupted, nothing stays on this machine. */
export async function startLocally(
  connections: Connections,
  start: RunStart,
  metrics: string,
  embedded: EmbeddedTargetOptions,
  signal: AbortSignal,
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
    signal,
  );
  try {
    const { client, connection } = await unlessAborted(signal, connectSession(session));
    // A new control server has no runs.
    const execution = await unlessAborted(signal, startWorkflow(client, { ...start, attach: false }));
    signal.throwIfAborted();
    const onTarget = connections.target && runRefOf(spec, runIdOf(workflowId, execution!), workflowId);
    session.updateRun({ started: true, onTarget });
    return { client, connection, workflowId, session };
  } catch (err) {
    await stopLocalSession(session);
    throw err;
  }
}

/**
 * Starts a run on the user's control server.
 *
 * @param metrics the address of /metrics, if this process runs the roles, too
 */
export async function startOnControl(
  connections: Connections,
  start: RunStart,
  metrics: string | undefined,
  signal: AbortSignal,
): Promise<LocatedRun> {
  const roles = metrics === undefined ? undefined : await startRoles(connections, start.spec, metrics, signal);
  try {
    const { client, connection } = await unlessAborted(signal, connectControl(connections));
    if (!start.confirmed && !(start.attach && (await exists(client, start.workflowId)))) {
      const workers = targetOfWorkers(client, { ...connections, ...start, ...start.spec });
      await confirmTarget((await unlessAborted(signal, workers)).address);
      signal.throwIfAborted();
    }
    // This is not interrupted, because nobody would know whether there is a run. Its report is awaited.
    const findBy = (await hasSearchAttributes(connection, client.options.namespace)) ? 'search attributes' : 'memo';
    await startWorkflow(client, start, findBy);
    if (signal.aborted) await abortStarted(client, start.workflowId, signal);
    return { client, connection, workflowId: start.workflowId, roles };
  } catch (err) {
    await roles?.stop(true);
    throw err;
  }
}

async function startRoles(
  connections: Connections,
  spec: BenchmarkSpec,
  metrics: string,
  signal: AbortSignal,
): Promise<Supervisor> {
  const { env, control, connectTimeoutMs } = connections;
  const plan = rolesOf(
    readSetting({}, 'roles', ['BENCHMARK_ROLES'], env) ?? { name: 'default', value: ALL_ROLES },
    readSetting({}, 'generators', ['BENCHMARK_GENERATORS'], env) ?? { name: 'lanes', value: String(spec.lanes) },
  );
  await unlessAborted(signal, checkFrontend(control!, connectTimeoutMs));
  const { supervisor, ready } = superviseRoles(plan, connections, metrics);
  try {
    await unlessAborted(signal, ready);
    return supervisor;
  } catch (err) {
    await supervisor.stop(true);
    throw err;
  }
}

async function abortStarted(client: Client, workflowId: string, signal: AbortSignal): Promise<void> {
  const { message } = signal.reason as Error;
  await client.workflow.getHandle(workflowId).executeUpdate(abortUpdate, { args: [{ reason: message.split(';')[0] }] });
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

/** Starts the workflow and returns the run id of its execution; undefined if it exists and is to be used. */
async function startWorkflow(client: Client, start: RunStart, findBy?: RunMemo['findBy']): Promise<string | undefined> {
  const { workflowId, workflowType, input, summary, attach, seen, spec, peakRate } = start;
  const target = seen && { address: seen.address, clusterId: seen.clusterId };
  try {
    const { firstExecutionRunId } = await client.workflow.start(workflowType, {
      workflowId,
      taskQueue: CONTROL_QUEUE,
      args: [input],
      workflowIdConflictPolicy: 'FAIL',
      workflowIdReusePolicy: attach ? 'REJECT_DUPLICATE' : 'ALLOW_DUPLICATE',
      staticSummary: summary,
      memo: { spec: input, ...({ ...(target && { target }), ...(findBy && { findBy }) } satisfies RunMemo) },
      ...(findBy === 'search attributes' && {
        typedSearchAttributes: initialAttributes(spec, workflowType === BENCHMARK_RUN ? peakRate : undefined),
      }),
    });
    return firstExecutionRunId;
  } catch (err) {
    if (err instanceof WorkflowExecutionAlreadyStartedError) {
      if (attach) {
        process.stderr.write(`The run ${workflowId} exists; using it.\n`);
        return undefined;
      }
      throw new CliError(
        `the run ${workflowId} is already in progress. To watch it: benchmark watch ${workflowId}. To start another run, set another --workflow-id`,
      );
    }
    // A frontend may not know the search attributes yet. The start was refused, so nothing runs.
    if (findBy === 'search attributes' && isInvalid(err)) return await startWorkflow(client, start, 'memo');
    throw new CliError(
      `the run could not be started in the namespace ${client.options.namespace} of the control server: ${describeGrpcError(err)}\n` +
        'A control worker registers this namespace: benchmark worker --roles control. To use another namespace, set --control-namespace',
    );
  }
}

function isInvalid(err: unknown): boolean {
  // The SDK wraps the error of the call.
  return (grpcCode(err) ?? grpcCode((err as Error).cause)) === status.INVALID_ARGUMENT;
}
