import { status } from '@grpc/grpc-js';
import fc from 'fast-check';
import { WorkflowLookup } from '../../../activities/settle/workflow-lookup';
import { TOMBSTONE } from '../../../orchestrator/names';
import { FakeTarget, grpcFailure, type FakeWorkflow, type Status } from '../../support/fake-target';
import { passTimeUntil, useFakeTime } from '../../support/passing-time';
import { ownedRun } from '../../support/steps';

jest.mock('node:timers/promises', () => jest.requireActual<object>('../../support/timers-promises'));
useFakeTime();

const { namespace } = ownedRun;
const targetWith = (...workflows: FakeWorkflow[]) => new FakeTarget({ [namespace]: { workflows } });
const lookup = (target: FakeTarget, run = ownedRun) => new WorkflowLookup(target.connection, run);

test('findMissing returns exactly the ids that the server does not have, in the given order', async () => {
  const ids = Array.from({ length: 90 }, (_, i) => `run-1/1/1/0/${i}`);
  await fc.assert(
    fc.asyncProperty(fc.subarray(ids), fc.boolean(), async (there, forGood) => {
      const target = targetWith(...there.map((id) => ({ id, type: 'simple', status: 'Completed' as Status })));
      const missing = await passTimeUntil(lookup(target).findMissing(ids, forGood));
      expect(missing).toEqual(ids.filter((id) => !there.includes(id)));
    }),
    { numRuns: 20 },
  );
});

test('I3c: a missing id is reserved by a terminated tombstone, so that a late start fails', async () => {
  const target = targetWith();
  expect(await lookup(target).findMissing(['run-1/a'], true)).toEqual(['run-1/a']);
  expect(target.namespaces[namespace]!.workflows).toEqual([{ id: 'run-1/a', type: TOMBSTONE, status: 'Terminated' }]);
  await expect(
    target.startWorkflowExecution({ namespace, workflowId: 'run-1/a', workflowType: { name: 'simple' } }),
  ).rejects.toMatchObject({ code: status.ALREADY_EXISTS });
});

test.each([
  ['the lookup is not for good', false, ownedRun],
  ['the namespace is not the run’s own', true, { ...ownedRun, ownsNamespace: false }],
])('nothing is started where %s', async (_why, forGood, run) => {
  const target = targetWith();
  expect(await lookup(target, run).findMissing(['run-1/a'], forGood)).toEqual(['run-1/a']);
  expect(target.log).toEqual([]);
});

test('a start that arrives between the lookup and the reservation is found', async () => {
  const target = targetWith({ id: 'run-1/a', type: 'simple', status: 'Running' });
  target.fail('describeWorkflowExecution', grpcFailure(status.NOT_FOUND));
  expect(await lookup(target).findMissing(['run-1/a'], true)).toEqual([]);
  expect(target.log).toEqual(['start run-1/a']);
});

test('a tombstone of an earlier attempt counts as missing, and one that still runs is terminated', async () => {
  const target = targetWith(
    { id: 'run-1/a', type: TOMBSTONE, status: 'Running' },
    { id: 'run-1/b', type: TOMBSTONE, status: 'Terminated' },
  );
  expect(await lookup(target).findMissing(['run-1/a', 'run-1/b'], true)).toEqual(['run-1/a', 'run-1/b']);
  expect(target.log).toEqual([`terminate ${namespace}:run-1/a`]);
});

test('an error does not make an id missing: the lookup is retried, and throws after six consecutive errors', async () => {
  const target = targetWith({ id: 'run-1/a', type: 'simple', status: 'Completed' });
  const errors = (count: number) => Array.from({ length: count }, () => grpcFailure(status.UNAVAILABLE, 'away'));
  target.fail('describeWorkflowExecution', ...errors(5));
  expect(await passTimeUntil(lookup(target).findMissing(['run-1/a'], true))).toEqual([]);
  target.fail('describeWorkflowExecution', ...errors(6));
  await expect(passTimeUntil(lookup(target).findMissing(['run-1/a'], true))).rejects.toThrow('away');
});
