import { Context } from '@temporalio/activity';
import { WorkflowFailedError, type Client } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { HostReport } from '../orchestrator/contract';
import { pendingHeartbeats, snapshotStep } from './pending';

/** Lanes never signal: fifty of them would fill the run's history. One collector a step speaks for all. */
const FIRST_MS = 4000;

export function createCollectProgress({ client }: { client: Client }) {
  return async function collectProgress(runWorkflowId: string, stepIndex: number, everyMs: number): Promise<void> {
    const context = Context.current();
    const stepWorkflowId = context.info.workflowExecution!.workflowId;
    const { namespace } = client.options;
    for (let waitMs = FIRST_MS; ; waitMs = everyMs) {
      await context.sleep(waitMs);
      const snapshot = await snapshotStep(client.connection as never, namespace, stepWorkflowId, stepIndex).catch(
        () => undefined,
      );
      if (snapshot) await client.workflow.getHandle(runWorkflowId).signal('snapshot', snapshot);
    }
  };
}

export function createReadHosts({ client }: { client: Client }) {
  return async function readHosts(hostsWorkflow: string): Promise<HostReport[]> {
    return await pendingHeartbeats<HostReport>(
      client.connection as never,
      client.options.namespace,
      hostsWorkflow,
      'hostWorkflows',
    );
  };
}

export function createAwaitHostsEnded({ client }: { client: Client }) {
  return async function awaitHostsEnded(hostsWorkflow: string): Promise<void> {
    try {
      await Promise.race([client.workflow.getHandle(hostsWorkflow).result(), Context.current().cancelled]);
    } catch (err) {
      if (!(err instanceof WorkflowFailedError)) throw err;
      throw ApplicationFailure.nonRetryable(err.cause?.message ?? err.message, 'HostsFailed');
    }
  };
}
