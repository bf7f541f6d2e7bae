import { status } from '@grpc/grpc-js';
import { RateLimiter } from '../../../activities/settle/rate-limiter';
import { PendingMessages } from '../../../activities/settle/pending-messages';
import type { ArrivalKind } from '../../../load-workflows/kinds';
import { FakeTarget, grpcFailure, type FakeWorkflow } from '../../support/fake-target';
import { simple } from '../../support/lane';
import { passTimeUntil, useFakeTime } from '../../support/passing-time';
import { ownedRun } from '../../support/steps';

jest.mock('node:timers/promises', () => jest.requireActual<object>('../../support/timers-promises'));
useFakeTime();

const step = { name: '1', attempt: 1 };
const signal: ArrivalKind = { ...simple, workload: 'signal', messages: { kind: 'signal', count: 2 } };
const running = (sequence: number): FakeWorkflow => ({ id: `run-1/1/1/0/${sequence}`, type: 'x', status: 'Running' });

function pending(workflows: FakeWorkflow[], kinds: ArrivalKind[] = [signal]) {
  const target = new FakeTarget({ [ownedRun.namespace]: { workflows } });
  const messages = new PendingMessages(target.connection, { run: ownedRun, kinds }, new RateLimiter());
  const send = (untilMs = performance.now() + 60_000) => passTimeUntil(messages.sendAll(step, untilMs));
  return { target, send };
}

test('every open workflow of the step gets all of its messages, with ids that the server accepts once', async () => {
  const closed: FakeWorkflow = { ...running(1), status: 'Completed' };
  const { target, send } = pending([running(0), closed, running(2), { ...running(0), id: 'run-1/2/1/0/0' }]);
  await send();
  expect(target.log.sort()).toEqual(
    [0, 2].flatMap((sequence) => [`signal run-1/1/1/0/${sequence}/0`, `signal run-1/1/1/0/${sequence}/1`]),
  );
});

test('messages are not sent twice to a workflow, except after an error', async () => {
  const { target, send } = pending([running(0), running(1)]);
  target.fail('signalWorkflowExecution', grpcFailure(status.UNAVAILABLE));
  await send();
  const first = [...target.log];
  expect(first).toHaveLength(2);
  await send();
  await send();
  expect(target.log.slice(first.length)).toEqual(['signal run-1/1/1/0/0/0', 'signal run-1/1/1/0/0/1']);
});

test('a workflow that has closed in the meantime is ignored', async () => {
  const { target, send } = pending([running(0)]);
  target.fail('signalWorkflowExecution', grpcFailure(status.NOT_FOUND));
  await send();
  await send();
  expect(target.log).toEqual([]);
});

test('in a mix, only the workflows that wait for messages get any', async () => {
  const { target, send } = pending(
    Array.from({ length: 40 }, (_, i) => running(i)),
    [simple, signal],
  );
  await send();
  const ids = new Set(target.log.map((line) => line.replace(/\/\d$/, '')));
  expect(ids.size).toBe(20);
  expect(target.log).toHaveLength(40);
});

test('the update of an update-with-start is sent again as an update with the same id', async () => {
  const kind: ArrivalKind = { ...simple, messages: { kind: 'update-with-start', count: 2 } };
  const { target, send } = pending([running(0)], [kind]);
  await send();
  expect(target.log).toEqual(['update run-1/1/1/0/0/0', 'update run-1/1/1/0/0/1']);
});

test('no call is made if no kind waits for messages, and no message is sent after the time limit', async () => {
  const none = pending([running(0)], [simple]);
  none.target.fail('listWorkflowExecutions', grpcFailure(status.INTERNAL, 'must not be called'));
  await none.send();
  const late = pending([running(0)]);
  await late.send(performance.now() - 1);
  expect(late.target.log).toEqual([]);
});
