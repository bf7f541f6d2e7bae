import { proxyActivities } from '@temporalio/workflow';

const { ship } = proxyActivities({ startToCloseTimeout: '10s' });

export async function order(input) {
  return { ...input, parcel: await ship(input.number) };
}
