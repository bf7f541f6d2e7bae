import { compareIds, sampleOf } from '../../../activities/settle/disagreement';
import { RateLimiter } from '../../../activities/settle/rate-limiter';
import { FakeTarget, type FakeWorkflow } from '../../support/fake-target';
import { passTimeUntil, useFakeTime } from '../../support/passing-time';
import { countedStep, ownedRun } from '../../support/steps';

jest.mock('node:timers/promises', () => jest.requireActual<object>('../../support/timers-promises'));
useFakeTime();

const workflows = (lane: number, count: number, from = 0): FakeWorkflow[] =>
  Array.from({ length: count }, (_, i) => ({
    id: `run-1/1/1/${lane}/${from + i}`,
    type: 'simple',
    status: 'Completed',
  }));

async function explained(
  listed: FakeWorkflow[],
  scheduledByLane: number[],
  absent: string[] = [],
  skipped = 0,
  found: string[] = [],
) {
  const target = new FakeTarget({ [ownedRun.namespace]: { workflows: listed } });
  const step = countedStep({ skipped: { fenced: skipped } }, {}, { scheduledByLane });
  const comparing = compareIds(target.connection, ownedRun, step, new Set(absent), new RateLimiter());
  return sampleOf(step, await passTimeUntil(comparing, 5000), new Set(found));
}

test('the ids on each side are reported, over all lanes, without ids that are known to be missing', async () => {
  const listed = [...workflows(0, 3), ...workflows(1, 2), ...workflows(1, 1, 900), ...workflows(7, 1)];
  expect(await explained(listed, [5, 2], ['run-1/1/1/0/4'], 1)).toEqual({
    step: '1',
    attempt: 1,
    onlyInAccount: { count: 1, ids: ['run-1/1/1/0/3'] },
    onlyOnServer: { count: 2, ids: ['run-1/1/1/1/900', 'run-1/1/1/7/0'] },
    skippedAmongThem: 1,
  });
});

test('workflows of another step, workflows of another run and child workflows are ignored', async () => {
  const others: FakeWorkflow[] = [
    { id: 'run-1/2/1/0/9', type: 'simple', status: 'Completed' },
    { id: 'run-10/1/1/0/9', type: 'simple', status: 'Completed' },
    { id: 'run-1/1/1/0/0/child', type: 'simple', status: 'Completed', parent: 'run-1/1/1/0/0' },
  ];
  const { onlyInAccount, onlyOnServer } = await explained([...workflows(0, 2), ...others], [2]);
  expect([onlyInAccount.count, onlyOnServer.count]).toEqual([0, 0]);
});

test('at most twenty ids are reported on each side; the counts are complete', async () => {
  const { onlyInAccount, onlyOnServer } = await explained(workflows(0, 30, 1000), [50]);
  expect([onlyInAccount.count, onlyInAccount.ids.length]).toEqual([50, 20]);
  expect([onlyOnServer.count, onlyOnServer.ids.length]).toEqual([30, 20]);
});

test('a list that was not read completely reports no id as missing', async () => {
  const { onlyInAccount } = await explained(workflows(0, 60_001), [60_002]);
  expect(onlyInAccount).toEqual({ count: null, ids: [] });
});

test('ids that were found by describing them are in neither sample nor count', async () => {
  const { onlyInAccount } = await explained(workflows(0, 3), [6], [], 0, ['run-1/1/1/0/3', 'run-1/1/1/0/5']);
  expect(onlyInAccount).toEqual({ count: 1, ids: ['run-1/1/1/0/4'] });
});

test('twenty million arrivals are compared without keeping their ids', async () => {
  const listed = [...workflows(0, 5), ...workflows(1, 1, 10_000_000)];
  const before = process.cpuUsage();
  const { onlyInAccount, onlyOnServer } = await explained(listed, [10_000_000, 10_000_000]);
  expect(process.cpuUsage(before).user).toBeLessThan(1_000_000);
  expect(onlyInAccount).toMatchObject({ count: 19_999_995 });
  expect(onlyInAccount.ids[0]).toBe('run-1/1/1/0/5');
  expect(onlyOnServer).toEqual({ count: 1, ids: ['run-1/1/1/1/10000000'] });
});
