import { CancellationScope, isCancellation, setHandler } from '@temporalio/workflow';
import type { RunRef } from './activity-types';
import { stopHostsSignal } from './messages';
import { hostActivities } from './proxies';

export interface HostsInput {
  readonly run: RunRef;
  readonly hosts: number;
  readonly slots: number;
  readonly pollers?: number;
}

/**
 * Keeps a run's hosts running until the run signals stop, after it has cleaned up. The run abandons this child workflow,
 * so that it survives continue-as-new.
 */
export async function Hosts({ run, hosts, slots, pollers }: HostsInput): Promise<void> {
  const scope = new CancellationScope();
  setHandler(stopHostsSignal, () => scope.cancel());
  try {
    await scope.run(() =>
      Promise.all(
        Array.from({ length: hosts }, (_, host) => hostActivities.hostWorkflows({ run, host, slots, pollers })),
      ),
    );
  } catch (err) {
    if (!isCancellation(err)) throw err;
  }
}
