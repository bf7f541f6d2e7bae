import { status } from '@grpc/grpc-js';
import { clientMessages, resendMessages, sendMessages } from '../../../activities/generate-load/send-messages';
import type { Messages } from '../../../load-workflows/catalog';
import { TimedCalls } from '../../../temporal/timed-calls';
import { FakeTarget, grpcFailure } from '../../support/fake-target';
import { throttled } from '../../support/frontend';
import { passTimeUntil, useFakeTime } from '../../support/passing-time';

jest.mock('node:timers/promises', () => jest.requireActual<object>('../../support/timers-promises'));
useFakeTime();

function conversation(messages: Messages) {
  const target = new FakeTarget({ here: { workflows: [{ id: 'w', type: 'x', status: 'Running' }] } });
  const calls: string[] = [];
  const timed = new TimedCalls(target.connection, (operation, code) => calls.push(`${operation} ${code}`));
  const channel = clientMessages(timed, { namespace: 'here', identity: 'tester' });
  const send = () => passTimeUntil(sendMessages(channel, messages, { workflowId: 'w', runId: 'r' }));
  const resend = () => passTimeUntil(resendMessages(channel, messages, 'w'));
  return { target, calls, send, resend };
}

test.each<[Messages['kind'], string[], string[]]>([
  ['signal', ['signal w/0', 'signal w/1', 'signal w/2'], ['signal w/0', 'signal w/1', 'signal w/2']],
  ['update', ['update w/0', 'update w/1', 'update w/2'], ['update w/0', 'update w/1', 'update w/2']],
  // The first update goes with the start; a process that sends again does not know whether it arrived.
  ['update-with-start', ['update w/1', 'update w/2'], ['update w/0', 'update w/1', 'update w/2']],
  ['query', ['query w', 'query w', 'query w', 'signal w/0'], ['query w', 'query w', 'query w', 'signal w/0']],
])('%s: the messages of a workflow, in order, and when they are sent again', async (kind, first, again) => {
  const { target, send, resend } = conversation({ kind, count: 3 });
  await send();
  expect(target.log).toEqual(first);
  await resend();
  expect(target.log.slice(first.length)).toEqual(again);
});

test('a message that fails ends the sending, and its error is as it came', async () => {
  const { target, send, calls } = conversation({ kind: 'signal', count: 3 });
  target.fail('signalWorkflowExecution', grpcFailure(status.UNAVAILABLE));
  await expect(send()).rejects.toMatchObject({ code: status.UNAVAILABLE });
  expect([target.log, calls]).toEqual([[], ['SignalWorkflowExecution UNAVAILABLE']]);
});

test('an update without a success is a failure with the reason that the server gives', async () => {
  const { target, send } = conversation({ kind: 'update', count: 1 });
  jest
    .spyOn(target, 'updateWorkflowExecution')
    .mockResolvedValueOnce({ outcome: { failure: { message: 'rejected by its handler' } } } as never)
    .mockResolvedValueOnce({} as never);
  await expect(send()).rejects.toThrow('rejected by its handler');
  await expect(send()).rejects.toThrow(/update/);
});

test('sending again to a workflow that has closed is no error; any other error is', async () => {
  const { target, resend } = conversation({ kind: 'signal', count: 1 });
  target.fail('signalWorkflowExecution', grpcFailure(status.NOT_FOUND), grpcFailure(status.INTERNAL));
  await resend();
  await expect(resend()).rejects.toMatchObject({ code: status.INTERNAL });
});

test('a query of a busy workflow is asked five times in all; other refusals are not repeated', async () => {
  const busy = () => throttled('BUSY_WORKFLOW');
  const { target, send } = conversation({ kind: 'query', count: 1 });
  target.fail('queryWorkflow', ...Array.from({ length: 4 }, busy));
  await send();
  expect(target.log).toEqual(['query w', 'signal w/0']);
  target.fail('queryWorkflow', ...Array.from({ length: 5 }, busy));
  await expect(send()).rejects.toMatchObject({ code: status.RESOURCE_EXHAUSTED });
  target.fail('queryWorkflow', throttled());
  await expect(send()).rejects.toMatchObject({ code: status.RESOURCE_EXHAUSTED });
  expect(target.log).toEqual(['query w', 'signal w/0']);
});
