import { hostname } from 'node:os';
import type { Connection } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { OTHER_CLUSTER } from '../orchestrator/benchmark-types';
import { clusterIdOf } from './check-frontend';
import { connect, resolveTarget, type Resolved } from './connections';

/** What of a run leads a process to its target. */
export interface TargetRef {
  readonly targetProfile?: string;
  /** The ID of the run's cluster; absent if it is not known, or if the target is an embedded server. */
  readonly clusterId?: string;
}

/** The connections of one process to targets, opened when they are first needed. */
export class TargetConnections {
  private readonly open = new Map<string, Promise<Connection>>();
  private readonly clusters = new Map<string, string>();

  constructor(private readonly env: Readonly<Record<string, string | undefined>> = process.env) {}

  resolve(profile: string | undefined): Resolved {
    return resolveTarget(profile, this.env);
  }

  /**
   * Returns the connection to the target of a run. Throws OtherCluster if it leads to another cluster than that of the run:
   * the processes of a run must measure, count and clean up the same cluster.
   */
  async get(run: TargetRef): Promise<Connection> {
    const connection = await this.connection(run.targetProfile);
    await this.requireCluster(run, () => clusterIdOf(connection));
    return connection;
  }

  /** As {@link get}, for a connection that is opened elsewhere. `readId` returns the ID of the cluster that it reaches. */
  async requireCluster({ targetProfile, clusterId }: TargetRef, readId: () => Promise<string>): Promise<void> {
    if (clusterId === undefined) return;
    const key = targetProfile ?? '';
    const reached = this.clusters.get(key) ?? (await readId());
    this.clusters.set(key, reached);
    if (reached === '' || reached === clusterId) return;
    throw ApplicationFailure.nonRetryable(
      `a worker on ${hostname()} reaches the cluster ${reached} at ${this.resolve(targetProfile).address}, but the run measures the cluster ${clusterId}; set the same target on every benchmark worker`,
      OTHER_CLUSTER,
    );
  }

  async close(): Promise<void> {
    const all = await Promise.allSettled(this.open.values());
    for (const one of all) if (one.status === 'fulfilled') await one.value.close();
  }

  private async connection(profile: string | undefined): Promise<Connection> {
    const key = profile ?? '';
    let connection = this.open.get(key);
    if (!connection) {
      connection = connect(this.resolve(profile));
      this.open.set(key, connection);
      connection.catch(() => this.open.delete(key));
    }
    return await connection;
  }
}
