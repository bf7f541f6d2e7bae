import { proxyActivities } from '@temporalio/workflow';

// Tasks that are dispatched eagerly bypass the limits of the queue.
const { ship } = proxyActivities({ startToCloseTimeout: '10s', allowEagerDispatch: false });

export async function order(input) {
  return { ...input, parcel: await ship(input.number) };
}
