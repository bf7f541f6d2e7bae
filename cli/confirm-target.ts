import { WorkflowFailedError, type Client } from '@temporalio/client';
import { rootCause, TimeoutFailure } from '@temporalio/common';
import type { Health, SeenTarget } from '../orchestrator/activity-types';
import { MISCONFIGURED, TARGET_CHECK } from '../orchestrator/benchmark-types';
import { failureType } from '../orchestrator/failure-type';
import { CONTROL_QUEUE } from '../orchestrator/names';
import { isLoopback } from '../temporal/addresses';
import { confirm } from './confirm';
import { badConfiguration, CliError } from './errors';

/** How long the check of the target may take beside opening a connection. */
const CHECK_MS = 10_000;

/** Asks whether to send load to an address, unless it is on this machine. Throws if the user does not confirm. */
export async function confirmTarget(address: string): Promise<void> {
  if (!isLoopback(address)) await confirm(`Send load to ${address}?`, `send load to another machine (${address})`);
}

export interface WorkersTarget {
  readonly workflowId: string;
  readonly targetProfile?: string;
  readonly connectTimeoutMs: number;
}

/** Returns the target that the workers of a control server reach. Throws if no control worker answers in time. */
export async function targetOfWorkers(
  client: Client,
  { workflowId, targetProfile, connectTimeoutMs }: WorkersTarget,
): Promise<Pick<SeenTarget, 'address'>> {
  const timeoutMs = connectTimeoutMs + CHECK_MS;
  try {
    return (await client.workflow.execute(TARGET_CHECK, {
      workflowId: `${workflowId}/target`,
      taskQueue: CONTROL_QUEUE,
      workflowExecutionTimeout: timeoutMs,
      args: [targetProfile],
    })) as Health;
  } catch (err) {
    if (!(err instanceof WorkflowFailedError)) throw err;
    if (err.cause instanceof TimeoutFailure)
      throw new CliError(
        `no control worker answered within ${timeoutMs / 1000} s, so the target of the run is not known; start a worker with: benchmark worker --roles control, or start the run without asking: --yes`,
      );
    const type = failureType(err);
    const message = rootCause(err.cause) ?? err.message;
    throw MISCONFIGURED.some((one) => one === type) ? badConfiguration(message) : new CliError(message);
  }
}
