import { cpus, hostname } from 'node:os';
import type { Connection } from '@temporalio/client';
import { parse } from 'protobufjs';
import type { RunRef, SystemDescription } from '../../orchestrator/activity-types';
import { rawCall } from '../../temporal/connections';
import type { TargetConnections } from '../../temporal/target-connections';

interface DescribeDeps {
  readonly targets: TargetConnections;
  /** The dynamic configuration of an embedded target; undefined for any other target. */
  readonly embedded?: readonly string[];
}

export function createDescribeSystem({ targets, embedded }: DescribeDeps) {
  /** Returns what the cluster reports about itself; 'unknown' for what it does not report or does not permit (R6.3). */
  return async function describeSystem(run: RunRef): Promise<SystemDescription> {
    const connection = await targets.get(run);
    const info = await connection.withDeadline(Date.now() + 5000, () =>
      connection.workflowService.getClusterInfo({}).catch(() => undefined),
    );
    return {
      serverVersion: info?.serverVersion || 'unknown',
      historyShards: info?.historyShardCount || 'unknown',
      services: await membersOf(connection),
      persistence: info?.persistenceStore || 'unknown',
      visibility: info?.visibilityStore || 'unknown',
      clusterName: info?.clusterName || 'unknown',
      address: targets.resolve(run.targetProfile).address,
      clusterId: info?.clusterId || 'unknown',
      // The API does not report machines. An embedded server runs on this machine.
      dynamicConfig: embedded ?? 'unknown',
      instanceType: embedded ? `embedded on ${hostname()} (${cpus().length} CPUs)` : 'unknown',
    };
  };
}

/** The fields that are read of the server's admin API, whose definitions are not part of the client packages. */
const { root } = parse(`
  syntax = "proto3";
  message Ring { string role = 1; int32 member_count = 2; }
  message Membership { repeated Ring rings = 3; }
  message DescribeCluster { Membership membership_info = 3; }
`);
const DescribeCluster = root.lookupType('DescribeCluster');

/**
 * Returns the number of members of each service of the cluster; 'unknown' if clients cannot use the admin API, as on
 * Temporal Cloud.
 */
async function membersOf(connection: Connection): Promise<SystemDescription['services']> {
  try {
    const path = '/temporal.server.api.adminservice.v1.AdminService/DescribeCluster';
    const reply = await rawCall(connection, path, Date.now() + 5000);
    const { membershipInfo } = DescribeCluster.toObject(DescribeCluster.decode(reply)) as {
      membershipInfo?: { rings?: { role: string; memberCount?: number }[] };
    };
    const rings = membershipInfo?.rings ?? [];
    return rings.length === 0
      ? 'unknown'
      : Object.fromEntries(rings.map(({ role, memberCount = 0 }) => [role, memberCount]));
  } catch {
    return 'unknown';
  }
}
