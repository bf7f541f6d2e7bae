import fc from 'fast-check';
import { temporal } from '@temporalio/proto';
import { eventsOf, readHistoryPage } from '../../../temporal/wire/history-events';
import {
  readActivityTask,
  readCancelRequested,
  readCompleted,
  readFirstRunId,
  readRunId,
  readUpdateOutcome,
  readWorkflowTask,
  type ActivityTask,
  type WorkflowTask,
} from '../../../temporal/wire/replies';
import { Fields } from '../../../temporal/wire/scan';
import { randomMessage, received, type MessageType } from '../../support/random-message';

const service = temporal.api.workflowservice.v1;
const { Payloads } = temporal.api.common.v1;
const { History } = temporal.api.history.v1;

/** Runs a check on random messages of a type: as the library decodes them, and as bytes. */
function forAll<T>(type: MessageType<T>, check: (message: T, bytes: Buffer) => void): void {
  fc.assert(
    fc.property(randomMessage(type), (message) => {
      check(received(type, message), Buffer.from(type.encode(message).finish()));
    }),
    { numRuns: 200 },
  );
}

const bytesOf = (value: Uint8Array | null | undefined) => Buffer.from(value ?? []);
const encoded = <T>(type: MessageType<T>, value: T | null | undefined) =>
  value ? Buffer.from(type.encode(value).finish()) : Buffer.alloc(0);

/** Milliseconds of a Duration or a Timestamp. */
function msOf(time: temporal.api.workflowservice.v1.IPollWorkflowTaskQueueResponse['scheduledTime']): number {
  return Number(time?.seconds ?? 0) * 1000 + (time?.nanos ?? 0) / 1e6;
}

function workflowTask(poll: temporal.api.workflowservice.v1.IPollWorkflowTaskQueueResponse): WorkflowTask {
  return {
    taskToken: bytesOf(poll.taskToken),
    workflowId: poll.workflowExecution?.workflowId ?? '',
    runId: poll.workflowExecution?.runId ?? '',
    workflowType: poll.workflowType?.name ?? '',
    previousStartedEventId: Number(poll.previousStartedEventId),
    startedEventId: Number(poll.startedEventId),
    attempt: poll.attempt ?? 0,
    backlogHint: Number(poll.backlogCountHint),
    history: encoded(History, poll.history),
    nextPageToken: bytesOf(poll.nextPageToken),
    ...(poll.query ? { query: poll.query.queryType ?? '' } : {}),
    queries: new Map(Object.entries(poll.queries ?? {}).map(([id, query]) => [id, query.queryType ?? ''])),
    messages: (poll.messages ?? []).map((message) => ({
      id: message.id ?? '',
      protocolInstanceId: message.protocolInstanceId ?? '',
      eventId: Number(message.eventId ?? 0),
      body: bytesOf(message.body?.value),
      bodyType: message.body?.type_url ?? '',
    })),
    scheduledAtMs: msOf(poll.scheduledTime),
    startedAtMs: msOf(poll.startedTime),
    ...(poll.pollerScalingDecision ? { pollersDelta: poll.pollerScalingDecision.pollRequestDeltaSuggestion ?? 0 } : {}),
  };
}

function activityTask(poll: temporal.api.workflowservice.v1.IPollActivityTaskQueueResponse): ActivityTask {
  return {
    taskToken: bytesOf(poll.taskToken),
    activityType: poll.activityType?.name ?? '',
    workflowId: poll.workflowExecution?.workflowId ?? '',
    input: encoded(Payloads, poll.input),
    heartbeatDetails: encoded(Payloads, poll.heartbeatDetails),
    attempt: poll.attempt ?? 0,
    heartbeatTimeoutMs: msOf(poll.heartbeatTimeout),
    scheduledAtMs: msOf(poll.currentAttemptScheduledTime),
    startedAtMs: msOf(poll.startedTime),
    ...(poll.pollerScalingDecision ? { pollersDelta: poll.pollerScalingDecision.pollRequestDeltaSuggestion ?? 0 } : {}),
  };
}

test('a workflow task is read as the library decodes it', () => {
  forAll(service.PollWorkflowTaskQueueResponse, (message, bytes) => {
    expect(readWorkflowTask(new Fields(bytes))).toEqual(workflowTask(message));
  });
});

test('an activity task is read as the library decodes it', () => {
  forAll(service.PollActivityTaskQueueResponse, (message, bytes) => {
    expect(readActivityTask(new Fields(bytes))).toEqual(activityTask(message));
  });
});

test('the answer to a completed task holds the next task and the activities to run at once', () => {
  forAll(service.RespondWorkflowTaskCompletedResponse, ({ workflowTask: next, activityTasks }, bytes) => {
    expect(readCompleted(new Fields(bytes))).toEqual({
      ...(next ? { next: workflowTask(next) } : {}),
      activities: (activityTasks ?? []).map(activityTask),
    });
  });
});

test('a page of history, and its events with their attributes, are read as the library decodes them', () => {
  const withAttributes: fc.Arbitrary<temporal.api.history.v1.IHistoryEvent> = fc.oneof(
    randomMessage(temporal.api.history.v1.HistoryEvent),
    randomMessage(temporal.api.history.v1.ActivityTaskCompletedEventAttributes).map((attributes) => ({
      eventType: 12,
      activityTaskCompletedEventAttributes: attributes,
    })),
    randomMessage(temporal.api.history.v1.WorkflowExecutionUpdateAcceptedEventAttributes).map((attributes) => ({
      eventType: 41,
      eventId: 7 as never,
      workflowExecutionUpdateAcceptedEventAttributes: attributes,
    })),
  );
  fc.assert(
    fc.property(fc.array(withAttributes), fc.uint8Array(), (events, nextPageToken) => {
      const type = service.GetWorkflowExecutionHistoryResponse;
      const page = readHistoryPage(
        new Fields(Buffer.from(type.encode({ history: { events }, nextPageToken }).finish())),
      );
      expect(page.nextPageToken).toEqual(Buffer.from(nextPageToken));
      const seen = [...eventsOf(page.history)];
      expect(seen).toHaveLength(events.length);
      for (const [i, message] of events.entries()) {
        const event = received(temporal.api.history.v1.HistoryEvent, message);
        expect([seen[i]!.id, seen[i]!.type]).toEqual([Number(event.eventId), event.eventType]);
        const { activityTaskCompletedEventAttributes: completed, workflowExecutionStartedEventAttributes: started } =
          event;
        if (completed)
          expect(seen[i]!.attributes).toEqual(
            encoded(temporal.api.history.v1.ActivityTaskCompletedEventAttributes, completed),
          );
        if (started)
          expect(seen[i]!.attributes).toEqual(
            encoded(temporal.api.history.v1.WorkflowExecutionStartedEventAttributes, started),
          );
      }
    }),
  );
});

test('run ids, outcomes of updates and requests to cancel are read as the library decodes them', () => {
  forAll(service.StartWorkflowExecutionResponse, ({ runId }, bytes) => expect(readRunId(bytes)).toBe(runId));
  forAll(service.ExecuteMultiOperationResponse, ({ responses }, bytes) => {
    expect(readFirstRunId(bytes)).toBe(responses?.[0]?.startWorkflow?.runId ?? '');
  });
  forAll(service.UpdateWorkflowExecutionResponse, ({ outcome }, bytes) => {
    expect(readUpdateOutcome(bytes).success).toBe(Boolean(outcome?.success));
  });
  const failed = { outcome: { failure: { message: 'no' } } };
  const reply = Buffer.from(service.UpdateWorkflowExecutionResponse.encode(failed).finish());
  expect(readUpdateOutcome(reply)).toEqual({ success: false, failure: 'no' });
  forAll(service.RecordActivityTaskHeartbeatResponse, ({ cancelRequested }, bytes) => {
    expect(readCancelRequested(bytes)).toBe(cancelRequested);
  });
});
