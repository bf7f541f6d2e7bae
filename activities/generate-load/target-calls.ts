import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { temporal } from '@temporalio/proto';
import { status } from '@grpc/grpc-js';
import { kindAt } from '../../load-workflows/kinds';
import { POKE } from '../../load-workflows/message-names';
import type { GenerateLoadInput } from '../../orchestrator/activity-types';
import { START_DEADLINE_MS } from '../../orchestrator/plan';
import { grpcCode } from '../../temporal/grpc-errors';
import type { RequestListener } from '../../temporal/timed-calls';
import { readClose, type CloseStatus } from '../../temporal/wire/close-event';
import type { WireConnection } from '../../temporal/wire/connection';
import { frameOf } from '../../temporal/wire/encode';
import { LoadRequests } from '../../temporal/wire/load-requests';
import { readFirstRunId, readRunId, readUpdateOutcome } from '../../temporal/wire/replies';
import { TimedConnection } from '../../temporal/wire/timed-connection';
import { arrivalInput } from './arrival-input';
import { messageId, sendMessages, type MessageCalls } from './send-messages';

/** The calls of a generator to the target. It is an interface so that tests can replace the target. */
export interface TargetCalls {
  /** Starts one workflow. Rejects with the gRPC error of the call; nothing is retried. */
  start(workflowId: string, sequence: number): Promise<{ readonly runId: string }>;
  /** The memory that starts without an answer occupy, about. Bytes. */
  readonly inFlightBytes: number;
  /** Sends a workflow the messages that it waits for, if any. */
  sendMessages(workflowId: string, runId: string, sequence: number): Promise<void>;
  /** Waits for a workflow to close and returns how; undefined once `isTimedOut` returns true or after too many errors. */
  awaitClose(workflowId: string, runId: string, isTimedOut: () => boolean): Promise<CloseStatus | undefined>;
  /** Runs the code paths of a start without starting a workflow, because the first calls are 3–6 times slower. */
  warmUp(): Promise<void>;
}

export interface TargetOptions {
  readonly input: GenerateLoadInput;
  /** The task queue of the workflows that are started. */
  readonly taskQueue: string;
  readonly identity: string;
  /** Called when a long poll is repeated after an error. */
  readonly onRetry: () => void;
  /** Called when a call ends: its operation, `OK` or its gRPC error code, and its duration. */
  readonly onRequest?: RequestListener;
}

/** Consecutive errors after which a completion is no longer observed and the sample is lost. */
const MAX_OBSERVER_ERRORS = 10;
const OBSERVER_DEADLINE_MS = 70_000;
const WARM_UP_CALLS = 100;
const WARM_UP_CONCURRENCY = 5;
/** The warm-up ends after this time, even if the target is far away and fewer calls fit: the lane must not be late. */
const WARM_UP_MS = 800;
/** What a call without an answer occupies beside its request: its HTTP/2 stream, timer and closures. Measured. */
const CALL_BYTES = 6000;

/** Whether a lane of this process has made the calls of a warm-up. */
let isWarm = false;

const SYSTEM_INFO = frameOf(temporal.api.workflowservice.v1.GetSystemInfoRequest.encode({}).finish());

/**
 * Returns the calls of one lane.
 *
 * @param connection the calls take turns on its channels
 */
export function targetCalls(connection: Pick<WireConnection, 'unary'>, options: TargetOptions): TargetCalls {
  const { input, identity, taskQueue, onRequest } = options;
  const { namespace } = input.run;
  const kinds = input.kinds.map((kind) => ({ ...kind, inputOf: arrivalInput(kind, input) }));
  const kindOf = (sequence: number) => kinds[kindAt(kinds, input.lane, sequence)]!;
  const requests = new LoadRequests({ namespace, identity, taskQueue });
  const calls = new TimedConnection(connection, onRequest);
  const call = (method: string, frame: Buffer) => calls.unary(method, frame, { deadlineMs: START_DEADLINE_MS });
  const messages: MessageCalls = {
    signal: (to, name, requestId) => call('SignalWorkflowExecution', requests.signal(to, name, requestId)),
    query: (to, queryType) => call('QueryWorkflow', requests.query(to, queryType)),
    update: async (to, name, updateId) =>
      readUpdateOutcome(await call('UpdateWorkflowExecution', requests.update(to, name, updateId))),
  };
  const encodeStart = (workflowId: string, sequence: number) => {
    const { workflowType, inputOf, messages: expected } = kindOf(sequence);
    const start = { workflowId, requestId: randomUUID(), workflowType, input: inputOf(workflowId, sequence) };
    const withUpdate = expected?.kind === 'update-with-start';
    return {
      withUpdate,
      frame: withUpdate ? requests.updateWithStart(start, POKE, messageId(start, 0)) : requests.start(start),
    };
  };
  let inFlightBytes = 0;

  return {
    async start(workflowId, sequence) {
      const { frame, withUpdate } = encodeStart(workflowId, sequence);
      const bytes = frame.length + CALL_BYTES;
      inFlightBytes += bytes;
      try {
        if (!withUpdate) return { runId: readRunId(await call('StartWorkflowExecution', frame)) };
        return { runId: readFirstRunId(await call('ExecuteMultiOperation', frame)) };
      } finally {
        inFlightBytes -= bytes;
      }
    },

    get inFlightBytes() {
      return inFlightBytes;
    },

    async sendMessages(workflowId, runId, sequence) {
      const { messages: expected } = kindOf(sequence);
      if (expected) await sendMessages(messages, expected, { workflowId, runId });
    },

    async awaitClose(workflowId, runId, isTimedOut) {
      let execution = { workflowId, runId };
      let token: Uint8Array = new Uint8Array();
      for (let errors = 0; errors < MAX_OBSERVER_ERRORS && !isTimedOut();) {
        try {
          const frame = requests.awaitClose(execution, token);
          const reply = await calls.unary('GetWorkflowExecutionHistory', frame, { deadlineMs: OBSERVER_DEADLINE_MS });
          errors = 0;
          const { close, nextPageToken } = readClose(reply);
          token = nextPageToken;
          if (!close) continue;
          if ('status' in close) return close.status;
          execution = { workflowId, runId: close.nextRunId };
          token = new Uint8Array();
        } catch (err) {
          if (grpcCode(err) === status.NOT_FOUND) return undefined;
          errors += 1;
          options.onRetry();
          await sleep(100 * errors);
        }
      }
      return undefined;
    },

    async warmUp() {
      const endAt = performance.now() + WARM_UP_MS;
      for (let i = 0; i < WARM_UP_CALLS; i += 1) encodeStart(`warm-up/${i}`, i);
      // A ramp warms up by itself, and earlier lanes of this process have done it.
      if (isWarm || input.step.fromRate === 0) return;
      isWarm = true;
      for (let i = 0; i < WARM_UP_CALLS && performance.now() < endAt; i += WARM_UP_CONCURRENCY)
        await Promise.all(Array.from({ length: WARM_UP_CONCURRENCY }, () => call('GetSystemInfo', SYSTEM_INFO)));
    },
  };
}
