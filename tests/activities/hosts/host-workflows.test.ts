import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { MockActivityEnvironment } from '@temporalio/testing';
import { createHostWorkflows } from '../../../activities/hosts/host-workflows';
import type { HostReport } from '../../../orchestrator/activity-types';
import type { TargetConnections } from '../../../temporal/target-connections';
import { ownedRun } from '../../support/steps';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'benchmark-host-'))));
afterEach(() => rmSync(folder, { recursive: true }));

/** Runs a host beside a control server whose clock is this far behind, until it has reported its load. */
async function hostReport(behindMs: number): Promise<HostReport> {
  const script = join(folder, 'host.js');
  writeFileSync(
    script,
    `process.on('message', () => process.exit(0));
     process.send({ identity: 'host' });
     const idle = { eventLoopUtilization: 0, slotsExhaustedShare: 0, cpuCores: 0 };
     setInterval(() => process.send({ startMs: Date.now() - 1000, ...idle }), 50);`,
  );
  const environment = new MockActivityEnvironment({ attempt: 1, activityId: '7' });
  let beatAtMs = 0;
  const client = {
    options: { namespace: 'control', identity: 'control' },
    connection: {
      withDeadline: (_: number, call: () => Promise<unknown>) => call(),
      workflowService: {
        recordActivityTaskHeartbeat: async () => {
          beatAtMs = Date.now() - behindMs;
          return {};
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
    },
  } as unknown as Client;
  environment.on('heartbeat', (report: HostReport) => {
    if (report.windows.untilMs > 0) environment.cancel();
  });
  const targets = { get: async () => undefined } as unknown as TargetConnections;
  const host = createHostWorkflows({ script, client, targets, onMetrics: () => undefined, log: () => undefined });
  return (await environment.run(host, { run: ownedRun, host: 0, slots: 1 })) as HostReport;
}

test.each([0, 60_000, -60_000])(
  'the reports of a host are on the clock of the control server, %d ms behind',
  async (behindMs) => {
    const { windows } = await hostReport(behindMs);
    expect(Math.abs(windows.untilMs - (Date.now() - behindMs))).toBeLessThan(5000);
  },
);
