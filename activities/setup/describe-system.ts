import { cpus, hostname } from 'node:os';
import type { Connection } from '@temporalio/client';
import { parse } from 'protobufjs';
import type { RunRef, SystemDescription } from '../../orchestrator/activity-types';
import { rawCall, type TargetConnections } from '../../temporal/connections';

/** What the cluster says of itself. What it does not say, or not to us, is 'unknown' (R6.3). */
interface DescribeDeps {
  readonly targets: TargetConnections;
  /** The settings of the target where it is embedded; undefined for any other. */
  readonly embedded?: readonly string[];
}

export function createDescribeSystem({ targets, embedded }: DescribeDeps) {
  return async function describeSystem(run: RunRef): Promise<SystemDescription> {
    const connection = await targets.get(run.targetProfile);
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
      // The API tells nothing of the machines below; only an embedded server's is known, because it is this one.
      dynamicConfig: embedded ?? 'unknown',
      instanceType: embedded ? `embedded on ${hostname()} (${cpus().length} CPUs)` : 'unknown',
    };
  };
}

/** The part that is asked for of the server's admin API, whose definitions clients are not given. */
const { root } = parse(`
  syntax = "proto3";
  message Ring { string role = 1; int32 member_count = 2; }
  message Membership { repeated Ring rings = 3; }
  message DescribeCluster { Membership membership_info = 3; }
`);
const DescribeCluster = root.lookupType('DescribeCluster');

/**
 * How many members each service of the cluster has. Where the admin API is closed to clients, as on Temporal Cloud,
 * 'unknown'.
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
