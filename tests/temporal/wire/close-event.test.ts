import fc from 'fast-check';
import { temporal } from '@temporalio/proto';
import { readClose, type CloseStatus } from '../../../temporal/wire/close-event';

const { GetWorkflowExecutionHistoryResponse } = temporal.api.workflowservice.v1;
const { EventType } = temporal.api.enums.v1;
type HistoryEvent = temporal.api.history.v1.IHistoryEvent;

function read(events: HistoryEvent[], nextPageToken: Uint8Array = new Uint8Array()) {
  const reply = GetWorkflowExecutionHistoryResponse.encode({ history: { events }, nextPageToken }).finish();
  const { close, nextPageToken: token } = readClose(Buffer.from(reply));
  return { close, token: Uint8Array.from(token) };
}

const CLOSES: readonly (readonly [keyof typeof EventType, keyof HistoryEvent, CloseStatus])[] = [
  ['EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED', 'workflowExecutionCompletedEventAttributes', 'completed'],
  ['EVENT_TYPE_WORKFLOW_EXECUTION_FAILED', 'workflowExecutionFailedEventAttributes', 'failed'],
  ['EVENT_TYPE_WORKFLOW_EXECUTION_TIMED_OUT', 'workflowExecutionTimedOutEventAttributes', 'timedOut'],
  ['EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED', 'workflowExecutionCanceledEventAttributes', 'canceled'],
  ['EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED', 'workflowExecutionTerminatedEventAttributes', 'terminated'],
];

test.each(CLOSES)('%s is read as how the run ended', (type, attributes, status) => {
  expect(read([{ eventId: 5 as never, eventType: EventType[type], [attributes]: {} }]).close).toEqual({ status });
});

test('a run that is followed by another leads to it', () => {
  const followed = [...CLOSES.slice(0, 3), CONTINUED];
  fc.assert(
    fc.property(fc.constantFrom(...followed), fc.uuid(), ([type, attributes], newExecutionRunId) => {
      const event = {
        eventType: EventType[type],
        [attributes]: { newExecutionRunId, workflowTaskCompletedEventId: 7 },
      };
      expect(read([event]).close).toEqual({ nextRunId: newExecutionRunId });
    }),
  );
});

const CONTINUED = [
  'EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW',
  'workflowExecutionContinuedAsNewEventAttributes',
] as const;

test('an open run has no close, and a token to ask again with', () => {
  const token = Uint8Array.of(1, 2, 3);
  expect(read([], token)).toEqual({ close: undefined, token });
});
