import { status } from '@grpc/grpc-js';
import { temporal } from '@temporalio/proto';
import { createCheckHealth } from '../../activities/setup/check-health';
import { embeddedServer } from '../../temporal/connections';
import { TargetConnections } from '../../temporal/target-connections';
import { clusterIdOver } from '../../temporal/wire/cluster-id';
import { WireConnection } from '../../temporal/wire/connection';
import { grpcError, TestFrontend } from '../support/frontend';

const { GetClusterInfoResponse, GetSystemInfoResponse } = temporal.api.workflowservice.v1;

let frontend: TestFrontend;
let targets: TargetConnections;
beforeEach(async () => {
  frontend = await TestFrontend.start();
  frontend.intercept('GetSystemInfo', async () => Buffer.from(GetSystemInfoResponse.encode({}).finish()));
  reports('here');
  targets = new TargetConnections({ TEMPORAL_ADDRESS: frontend.address });
});
afterEach(async () => {
  await targets.close();
  await frontend.close();
});

function reports(clusterId: string): void {
  frontend.intercept('GetClusterInfo', async () => Buffer.from(GetClusterInfoResponse.encode({ clusterId }).finish()));
}

const overWire = async (clusterId?: string) => {
  const connection = new WireConnection(targets.resolve(undefined), 'namespace');
  try {
    await targets.requireCluster({ clusterId }, () => clusterIdOver(connection));
  } finally {
    await connection.close();
  }
};

const ways = [
  ['a connection of the SDK', async (clusterId?: string) => void (await targets.get({ clusterId }))],
  ['the connection of a lane', overWire],
] as const;

describe.each(ways)('%s', (_name, reach) => {
  test('reaches the cluster of the run, or is refused with both clusters in the message', async () => {
    await reach('here');
    await reach('here');
    expect(frontend.calls.GetClusterInfo).toBe(1);
    await expect(reach('there')).rejects.toMatchObject({
      type: 'OtherCluster',
      nonRetryable: true,
      message: expect.stringMatching(
        `^a worker on .+ reaches the cluster here at ${frontend.address}, but the run measures the cluster there; set the same target`,
      ) as string,
    });
  });

  test('is not compared with a run whose cluster is unknown', async () => {
    await reach(undefined);
    expect(frontend.calls.GetClusterInfo).toBeUndefined();
  });

  test.each([status.UNIMPLEMENTED, status.PERMISSION_DENIED])(
    'is not refused by a server that does not report its cluster (code %i)',
    async (code) => {
      frontend.intercept('GetClusterInfo', () => Promise.reject(grpcError(code, 'closed')));
      await reach('here');
    },
  );

  test('is tried again if the server does not answer', async () => {
    frontend.intercept('GetClusterInfo', () => Promise.reject(grpcError(status.UNAVAILABLE, 'away')));
    await expect(reach('here')).rejects.toThrow(/away/);
    reports('there');
    await expect(reach('here')).rejects.toMatchObject({ type: 'OtherCluster' });
  });
});

describe('the health check', () => {
  const check = (seen?: string, resolve = () => targets.resolve(undefined)) =>
    createCheckHealth({ resolve, controlClusterId: async () => 'here', connectTimeoutMs: 5000 })(
      undefined,
      seen === undefined ? undefined : { address: 'seen:1', clusterId: seen },
    );

  test('returns the cluster that the processes of the run must reach', async () => {
    const health = { address: frontend.address, clusterId: 'here', sharesControlCluster: true };
    expect(await check()).toMatchObject(health);
    expect(await check('here')).toMatchObject(health);
    // Nothing to compare: the command could not read the ID.
    expect(await check('')).toMatchObject(health);
  });

  test('refuses a run whose command has seen another cluster than the workers reach', async () => {
    await expect(check('there')).rejects.toMatchObject({
      type: 'OtherCluster',
      nonRetryable: true,
      message: `the workers send the load to ${frontend.address} (cluster here), but the run was started for seen:1 (cluster there); set the same --address on benchmark worker and on the command that starts the run, or only on benchmark worker`,
    });
  });

  test('an embedded target may be restarted as another cluster: its address comes from the run itself', async () => {
    expect(await check(undefined, () => embeddedServer(frontend.address))).not.toHaveProperty('clusterId');
  });
});
