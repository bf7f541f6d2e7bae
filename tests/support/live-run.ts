import type { Client } from '@temporalio/client';
import { defaultPayloadConverter, toPayloads } from '@temporalio/common';
import { LaneAccount } from '../../activities/generate-load/lane-account';
import { emptyLedger } from '../../measurement/account/ledger';
import type { LaneCheckpoint } from '../../orchestrator/activity-types';
import type { Progress } from '../../orchestrator/messages';
import { laneInput } from './lane';

/** Returns the progress of a run that has loaded for five of 30 s, unless changed. */
export function progressOf(change: Partial<Progress> = {}): Progress {
  return {
    runId: 'run-1a2b3c4d',
    namespace: 'benchmark-run-1a2b3c4d',
    phase: 'load',
    targetRate: 10,
    achievedRate: 10,
    scheduled: 40,
    sent: 40,
    acknowledged: 40,
    completed: 0,
    failed: 0,
    errors: 0,
    ledger: emptyLedger,
    loadStartMs: Date.now() - 5000,
    timeline: [],
    loadDurationMs: 30_000,
    etaMs: 25_000,
    notes: [],
    ...change,
  };
}

/** The heartbeat of a lane that has scheduled these arrivals, some of which completed after 20 ms; one due per 100 ms. */
export function heartbeat(
  completed: number,
  scheduled = 3,
  change: Parameters<typeof laneInput>[0] = {},
): LaneCheckpoint {
  const account = new LaneAccount(laneInput(change));
  for (let i = 0; i < scheduled; i += 1) account.schedule(i, i * 100);
  for (let i = 0; i < completed; i += 1) {
    account.acknowledge(i, i * 100, 1);
    account.choose(i * 100);
    account.complete({ sequence: i, atMs: i * 100, latencyMs: 20, serviceMs: 20 });
  }
  return account.checkpoint('sending');
}

/** Returns a client of a control server: what a run answers to a query, and its steps in progress by workflow ID. */
export function clientOf(
  query: (definition: { name: string }) => Promise<unknown>,
  steps: () => Readonly<Record<string, readonly LaneCheckpoint[]>>,
): Client {
  const workflowService = {
    async describeWorkflowExecution({ execution }: { execution: { workflowId: string } }) {
      const lanes = steps()[execution.workflowId];
      const children = Object.keys(steps()).map((workflowId) => ({ workflowTypeName: 'LoadStep', workflowId }));
      if (!lanes) return { pendingChildren: children };
      const pendingActivities = lanes.map((lane) => {
        const heartbeatDetails = { payloads: toPayloads(defaultPayloadConverter, lane) };
        return { activityType: { name: 'generateLoad' }, heartbeatDetails };
      });
      return { pendingActivities };
    },
  };
  return {
    options: { namespace: 'control' },
    connection: { workflowService, withDeadline: (_: number, call: () => unknown) => call() },
    workflow: { getHandle: () => ({ query }) },
  } as unknown as Client;
}
