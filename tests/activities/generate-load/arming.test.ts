import type { Connection } from '@temporalio/client';
import { MockActivityEnvironment } from '@temporalio/testing';
import { AsyncContexts } from '../../../activities/generate-load/async-contexts';
import { createGenerateLoad } from '../../../activities/generate-load/generate-load';
import { TargetConnections } from '../../../temporal/target-connections';
import { laneInput } from '../../support/lane';

/** A control server that answers every heartbeat alike, and a lane that gets ready on it. */
function arming(cancelRequested: boolean) {
  let beatAtMs = Date.now();
  const environment = new MockActivityEnvironment({ attempt: 1, activityId: '7' });
  const control = {
    withDeadline: (_: number, call: () => Promise<unknown>) => call(),
    workflowService: {
      recordActivityTaskHeartbeat: async () => {
        beatAtMs = Date.now();
        return { cancelRequested };
      },
      describeWorkflowExecution: async () => ({
        pendingActivities: [
          {
            activityId: '7',
            lastHeartbeatTime: { seconds: Math.floor(beatAtMs / 1000), nanos: (beatAtMs % 1000) * 1e6 },
          },
        ],
      }),
    },
  } as unknown as Connection;
  const ignore = () => undefined;
  const observer = { scheduled: ignore, sent: ignore, acknowledged: ignore, recovered: ignore, failed: ignore };
  const generateLoad = createGenerateLoad({
    control,
    controlNamespace: 'control',
    targets: new TargetConnections(),
    identity: 'generator',
    executors: {} as never,
    contexts: new AsyncContexts([]),
    log: ignore,
    onUnfinishedLoad: ignore,
    observe: () => ({
      ...observer,
      ...{
        skipped: ignore,
        completed: ignore,
        closedOtherwise: ignore,
        requested: ignore,
        gauges: ignore,
        end: ignore,
        taskTaken: ignore,
        executed: ignore,
      },
    }),
  });
  return (startAtMs: number) =>
    environment.run(generateLoad, laneInput({ rate: 50, seconds: 2, startAtMs })) as ReturnType<typeof generateLoad>;
}

test('a lane that is canceled while it gets ready sends nothing', async () => {
  const before = await arming(true)(Date.now() + 60_000);
  expect(before).toMatchObject({ cutShort: 'canceled', ledger: { scheduled: 0 } });
  const during = await arming(true)(Date.now() - 1000);
  expect(during).toMatchObject({ cutShort: 'canceled', ledger: { scheduled: 0 } });
});

test('a first attempt that gets ready after its step has begun was picked up late, and sends nothing', async () => {
  const late = await arming(false)(Date.now() - 5000);
  expect(late).toMatchObject({ cutShort: 'picked up late', ledger: { scheduled: 0 } });
});
