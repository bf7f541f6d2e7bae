import { CancellationScope, ParentClosePolicy, startChild, workflowInfo, patched } from '@temporalio/workflow';
import { durationMs } from '../spec/duration';
import { executorOf } from '../spec/executor';
import { Hosts } from './hosts';
import { hostsWorkflowId, legacyHostsWorkflowId } from './names';
import { shortActivities } from './proxies';
import type { RunMemo } from './run-ref';
import type { RunState } from './run-state';

export async function checkHealth(state: RunState): Promise<void> {
  const { target: seen } = (workflowInfo().memo ?? {}) as RunMemo;
  const health = await shortActivities.checkHealth(state.run.targetProfile, seen);
  const { clusterId } = health;
  state.health = health;
  if (clusterId !== undefined) state.run = { ...state.run, clusterId };
  else if (seen)
    state.notes.push(
      'the target does not report the ID of its cluster, so it was not checked that all workers of the run reach the same one',
    );
}

export async function prepareNamespace(state: RunState): Promise<void> {
  const longestMs = state.plan.durationMs * state.spec.stepAttempts + state.plan.completionTimeoutMs;
  await shortActivities.prepareNamespace(state.run, durationMs(state.spec.retention), longestMs);
}

export async function describeSystem(state: RunState): Promise<void> {
  state.found.system = await shortActivities.describeSystem(state.run);
}

/**
 * Waits for enough generators, and for what executes the workflows beside them: starts the hosts, or waits for the workers
 * of the spec. Hosts survive continue-as-new and cancellation; cleanUp ends them.
 */
export async function startHosts(state: RunState): Promise<void> {
  const { run, spec, plan } = state;
  const executor = executorOf(spec);
  if (executor !== 'sdk') {
    const awaitPollers = executor === 'external' ? [shortActivities.awaitPollers(run)] : [];
    await Promise.all([...awaitPollers, requireFreeGenerators(state)]);
    return;
  }
  const workflowId = patched('hosts-of-one-run') ? hostsWorkflowId(run) : legacyHostsWorkflowId(run.workflowId);
  await CancellationScope.nonCancellable(() =>
    startChild(Hosts, {
      workflowId,
      parentClosePolicy: ParentClosePolicy.ABANDON,
      workflowExecutionTimeout: plan.durationMs * spec.stepAttempts * 2 + plan.completionTimeoutMs * 2 + 3_600_000,
      staticSummary: `${spec.hosts} host(s) for ${run.runId}`,
      args: [{ run, hosts: spec.hosts, slots: spec.hostSlots, pollers: spec.hostPollers }],
    }),
  );
  state.hostsWorkflow = workflowId;
  await Promise.all([shortActivities.awaitHosts(run, spec.hosts, workflowId), requireFreeGenerators(state)]);
}

async function requireFreeGenerators(state: RunState): Promise<void> {
  const ready = await shortActivities.requireFreeGenerators(state.plan.lanes);
  if (state.health && ready) state.health = { ...state.health, controlRoundTripMs: ready.controlRoundTripMs };
}
