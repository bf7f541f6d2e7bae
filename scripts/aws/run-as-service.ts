import type { Service } from '@aws-sdk/client-ecs';
import { CliError } from '../../cli/errors';
import type { BenchmarkResult } from '../../report/result-schema';
import type { Clients } from './clients';
import type { Deployment } from './deployment';
import { RUN_COMMAND, runEnvironment, type RunSettings } from './overrides';
import { poll } from './poll';
import { readResults } from './results';
import { runTimedOut, type Options, type Run } from './run';
import { awaitScale, definitionOf, describeServices, scale, type Scale } from './services';
import { deregister, registerRevision, runOf } from './task-definitions';

const WEEK_MS = 7 * 86_400_000;

/**
 * Runs the benchmark on the ECS services, whose tasks have Service Connect: load worker tasks, and a control worker whose
 * container executes the run. The run's settings are in a revision of the task definition, because tasks of a service take
 * no overrides. Load worker tasks that are up keep their revision: a new one would replace them during the run.
 */
export const runAsService: Run = async (clients, deployment, settings, options) => {
  const { print, wait } = options;
  const startedAt = Date.now();
  const before = await describeServices(clients, deployment);
  await requireNoOtherRun(clients, deployment, before);
  const { workflowId } = settings;
  const revisions: string[] = [];
  const revise = async (base: string, change: Parameters<typeof registerRevision>[4]) => {
    const revision = await registerRevision(clients, deployment, base, workflowId, change);
    revisions.push(revision);
    return revision;
  };
  let detached = false;
  try {
    await startServer(clients, deployment, before, options);
    const loadTasksUp = desiredOf(before, deployment.load_service);
    const load = {
      service: deployment.load_service,
      desired: Math.max(options.loadTasks, loadTasksUp),
      taskDefinition: loadTasksUp > 0 ? undefined : await revise(deployment.load_task_definition, {}),
    };
    const taskDefinition = await revise(deployment.control_task_definition, {
      // The container waits after the result is in the log, because ECS would restart it; scaling to zero stops it.
      command: [...RUN_COMMAND, '6h'],
      environment: runEnvironment(settings),
    });
    await scale(clients, deployment, [load, { service: deployment.control_service, desired: 1, taskDefinition }]);
    await awaitScale(clients, deployment, waitOptions(options));
    print(`run ${workflowId}`);
    if (!wait) {
      detached = true;
      print('the run continues on ECS; when it has ended, run scale-workers ENV down to stop the cost');
      return { exitCode: 0 };
    }
    const result = await awaitResult(clients, deployment, settings, startedAt, options);
    return { result, exitCode: result.exitCode };
  } finally {
    if (!detached) {
      await scale(
        clients,
        deployment,
        before.map((service) => asBefore(service, deployment)),
      );
      print(before.some(({ desiredCount = 0 }) => desiredCount > 0) ? 'restored the previous scale' : 'scaled to zero');
      for (const revision of revisions) await deregister(clients, revision);
    }
  }
};

/** Tasks resolve only the Service Connect aliases that exist when they start, so the control server starts before the workers. */
async function startServer(
  clients: Clients,
  deployment: Deployment,
  before: readonly Service[],
  options: Options,
): Promise<void> {
  const server = deployment.control_server_service;
  if (server === null || desiredOf(before, server) > 0) return;
  await scale(clients, deployment, [{ service: server, desired: 1 }]);
  await awaitScale(clients, deployment, waitOptions(options));
}

function waitOptions({ startTimeoutMs, pollEveryMs, print }: Options) {
  return { timeoutMs: startTimeoutMs, everyMs: pollEveryMs, print };
}

function desiredOf(services: readonly Service[], name: string): number {
  return services.find(({ serviceName }) => serviceName === name)?.desiredCount ?? 0;
}

/** Load worker tasks that were up keep their revision. All other services return to the revision of Terraform. */
function asBefore({ serviceName, desiredCount = 0 }: Service, deployment: Deployment): Scale {
  const keeps = serviceName === deployment.load_service && desiredCount > 0;
  return {
    service: serviceName!,
    desired: desiredCount,
    taskDefinition: keeps ? undefined : definitionOf(deployment, serviceName!),
  };
}

/** Rejects if the control worker executes another run that has no result yet. */
async function requireNoOtherRun(
  clients: Clients,
  deployment: Deployment,
  services: readonly Service[],
): Promise<void> {
  const control = services.find(({ serviceName }) => serviceName === deployment.control_service);
  if (!control?.desiredCount) return;
  const run = await runOf(clients, deployment, control.taskDefinition!);
  if (run === undefined) return;
  const results = await readResults(clients, deployment, { sinceMs: Date.now() - WEEK_MS, streamPrefix: 'control/' });
  if (results.some(({ workflowId }) => workflowId === run)) return;
  throw new CliError(
    `${deployment.control_service} already has the run ${run}; wait for its end, or run scale-workers ENV down to abort it`,
  );
}

async function awaitResult(
  clients: Clients,
  deployment: Deployment,
  { workflowId }: RunSettings,
  sinceMs: number,
  { pollEveryMs, runTimeoutMs }: Options,
): Promise<BenchmarkResult> {
  const findResult = async () => {
    const results = await readResults(clients, deployment, { sinceMs, streamPrefix: 'control/' });
    return results.filter((result) => result.workflowId === workflowId).at(-1);
  };
  const onTimeout = () => runTimedOut(`run ${workflowId}`, runTimeoutMs);
  return await poll(findResult, { everyMs: pollEveryMs, timeoutMs: runTimeoutMs, onTimeout });
}
