import fc from 'fast-check';
import { temporal } from '@temporalio/proto';
import { LoadRequests } from '../../../temporal/wire/load-requests';
import { WorkerRequests } from '../../../temporal/wire/worker-requests';
import { decodeFrame, payloadsArbitrary, plain, type MessageType } from '../../support/random-message';

const service = temporal.api.workflowservice.v1;
const { Payloads } = temporal.api.common.v1;
const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 200 });
const token = fc.uint8Array({ minLength: 1, maxLength: 200 });
const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');

const about = { namespace: 'ns', identity: 'me', taskQueue: 'queue' };
const load = new LoadRequests(about);
const payloads = payloadsArbitrary.map((message) => ({ encoded: Payloads.encode(message).finish(), message }));

/** What a frame decodes to, and what was meant, both as plain values. */
function expectRequest<T>(type: MessageType<T>, frame: Buffer, meant: object): void {
  expect(decodeFrame(type, frame)).toEqual(plain(type, type.decode(type.encode(meant as T).finish())));
}

function startMeant(workflowId: string, requestId: string, type: string, input: object) {
  return {
    ...about,
    workflowId,
    requestId,
    workflowType: { name: type },
    taskQueue: { name: 'queue', kind: 1 },
    input,
    workflowIdReusePolicy: 3,
    workflowIdConflictPolicy: 1,
  };
}

function updateMeant(workflowExecution: object, updateId: string) {
  return {
    namespace: 'ns',
    workflowExecution,
    waitPolicy: { lifecycleStage: 3 },
    request: { meta: { updateId, identity: 'me' }, input: { name: 'poke' } },
  };
}

test('starts, and updates with starts, are decoded to what was meant', () => {
  fc.assert(
    fc.property(name, name, name, name, payloads, (workflowId, requestId, workflowType, updateId, input) => {
      const start = { workflowId, requestId, workflowType, input: input.encoded };
      const startWorkflow = startMeant(workflowId, requestId, workflowType, input.message);
      expectRequest(service.StartWorkflowExecutionRequest, load.start(start), startWorkflow);
      const updateWorkflow = updateMeant({ workflowId }, updateId);
      expectRequest(service.ExecuteMultiOperationRequest, load.updateWithStart(start, 'poke', updateId), {
        namespace: 'ns',
        operations: [{ startWorkflow }, { updateWorkflow }],
      });
    }),
  );
});

test('messages to workflows are decoded to what was meant', () => {
  fc.assert(
    fc.property(name, fc.option(name, { nil: undefined }), name, (workflowId, runId, id) => {
      const to = { workflowId, runId };
      const { namespace, identity } = about;
      const signal = { namespace, identity, workflowExecution: to, signalName: 'poke', requestId: id };
      expectRequest(service.SignalWorkflowExecutionRequest, load.signal(to, 'poke', id), signal);
      expectRequest(service.UpdateWorkflowExecutionRequest, load.update(to, 'poke', id), updateMeant(to, id));
      const query = { namespace, execution: to, query: { queryType: id } };
      expectRequest(service.QueryWorkflowRequest, load.query(to, id), query);
    }),
  );
});

test('a request for the last event of a run is decoded to what was meant', () => {
  fc.assert(
    fc.property(name, name, fc.uint8Array({ maxLength: 50 }), (workflowId, runId, nextPageToken) => {
      const execution = { workflowId, runId };
      const meant = { waitNewEvent: true, skipArchival: true, historyEventFilterType: 2 };
      const frame = load.awaitClose(execution, nextPageToken);
      const all = { namespace: 'ns', execution, nextPageToken, ...meant };
      expectRequest(service.GetWorkflowExecutionHistoryRequest, frame, all);
    }),
  );
});

const identity = {
  ...about,
  stickyQueue: 'sticky',
  buildId: 'sdk@1+abc',
  instanceKey: 'key',
  buildIdBasedVersioning: true,
};
const worker = new WorkerRequests(identity);
const stamp = { buildId: identity.buildId };
const me = { namespace: 'ns', identity: 'me' };
const sticky = { name: 'sticky', kind: 2, normalName: 'queue' };

test('a completed workflow task carries its commands, messages, answers and, the first time, the SDK it stands for', () => {
  const commands = fc.array(
    name.map((messageId) => ({ commandType: 14, protocolMessageCommandAttributes: { messageId } })),
  );
  const messages = fc.array(fc.record({ id: name, protocolInstanceId: name }));
  fc.assert(
    fc.property(
      token,
      commands,
      messages,
      fc.boolean(),
      fc.uniqueArray(fc.integer({ min: 1, max: 6 })),
      fc.dictionary(name, payloads, { maxKeys: 3 }),
      (taskToken, commandsMeant, messagesMeant, isFirst, langFlags, answers) => {
        const frame = worker.completeWorkflowTask({
          taskToken,
          commands: commandsMeant.map((command) => temporal.api.command.v1.Command.encode(command).finish()),
          messages: messagesMeant.map((message) => temporal.api.protocol.v1.Message.encode(message).finish()),
          isFirst,
          langFlags,
          answers: new Map(Object.entries(answers).map(([id, { encoded }]) => [id, { result: encoded }])),
        });
        const first = { coreUsedFlags: [1, 2, 3], sdkName: 'temporal-typescript', sdkVersion: '1.24.0' };
        expectRequest(service.RespondWorkflowTaskCompletedRequest, frame, {
          ...me,
          taskToken,
          commands: commandsMeant,
          messages: messagesMeant,
          stickyAttributes: { workerTaskQueue: sticky, scheduleToStartTimeout: { seconds: 10 } },
          returnNewWorkflowTask: true,
          workerVersionStamp: stamp,
          sdkMetadata: { ...(isFirst ? first : {}), langUsedFlags: langFlags },
          meteringMetadata: {},
          capabilities: { discardSpeculativeWorkflowTaskWithEvents: true },
          workerInstanceKey: 'key',
          queryResults: Object.fromEntries(
            Object.entries(answers).map(([id, { message }]) => [id, { resultType: 1, answer: message }]),
          ),
        });
      },
    ),
  );
});

test('what a worker says of activities, queries and histories is decoded to what was meant', () => {
  const { Failure } = temporal.api.failure.v1;
  fc.assert(
    fc.property(token, payloads, name, (taskToken, { encoded, message }, words) => {
      const result = { ...me, taskToken, workerVersion: stamp };
      expectRequest(service.RespondActivityTaskCompletedRequest, worker.completeActivity(taskToken, encoded), {
        ...result,
        result: message,
      });
      const failure = { message: words };
      const failed = worker.failActivity(taskToken, Failure.encode(failure).finish(), encoded);
      expectRequest(service.RespondActivityTaskFailedRequest, failed, {
        ...result,
        failure,
        lastHeartbeatDetails: message,
      });
      expectRequest(service.RespondActivityTaskCanceledRequest, worker.cancelActivity(taskToken), result);
      expectRequest(service.RecordActivityTaskHeartbeatRequest, worker.heartbeat(taskToken, encoded), {
        ...me,
        taskToken,
        details: message,
      });
      const answer = { namespace: 'ns', taskToken, completedType: 1, queryResult: message };
      expectRequest(
        service.RespondQueryTaskCompletedRequest,
        worker.completeQuery(taskToken, { result: encoded }),
        answer,
      );
      const noAnswer = { namespace: 'ns', taskToken, completedType: 2, errorMessage: words };
      const failedQuery = worker.completeQuery(taskToken, { error: words });
      expectRequest(service.RespondQueryTaskCompletedRequest, failedQuery, noAnswer);
      const page = { namespace: 'ns', execution: { workflowId: words, runId: 'run' }, nextPageToken: taskToken };
      expectRequest(service.GetWorkflowExecutionHistoryRequest, worker.history(words, 'run', taskToken), page);
      expect(
        decodeFrame(service.RespondWorkflowTaskFailedRequest, worker.failWorkflowTask(taskToken, 24, words)),
      ).toMatchObject({
        ...me,
        taskToken: base64(taskToken),
        cause: 24,
        failure: { message: words },
        workerVersion: stamp,
      });
    }),
  );
});

test('polls name the queue, the worker and its build', () => {
  const poll = { ...me, workerVersionCapabilities: stamp, workerInstanceKey: 'key' };
  const normal = { name: 'queue', kind: 1 };
  expectRequest(service.PollWorkflowTaskQueueRequest, worker.pollWorkflowTasks, { ...poll, taskQueue: normal });
  expectRequest(service.PollWorkflowTaskQueueRequest, worker.pollStickyTasks, { ...poll, taskQueue: sticky });
  expectRequest(service.PollActivityTaskQueueRequest, worker.pollActivityTasks, { ...poll, taskQueue: normal });
  expectRequest(service.ShutdownWorkerRequest, worker.shutdown, {
    ...me,
    stickyTaskQueue: 'sticky',
    reason: 'graceful shutdown',
    workerInstanceKey: 'key',
    taskQueue: 'queue',
    taskQueueTypes: [1, 2],
  });
});

test('a server without build ids in stamps gets the build id as a binary checksum', () => {
  const old = new WorkerRequests({ ...identity, buildIdBasedVersioning: false });
  expectRequest(service.PollWorkflowTaskQueueRequest, old.pollWorkflowTasks, {
    ...me,
    taskQueue: { name: 'queue', kind: 1 },
    binaryChecksum: identity.buildId,
    workerInstanceKey: 'key',
  });
});
