import { Fields } from './scan';

const NOTHING: Buffer = Buffer.alloc(0);

/** A workflow task as a worker needs it; `history` is the encoded `temporal.api.history.v1.History`. */
export interface WorkflowTask {
  taskToken: Buffer;
  workflowId: string;
  runId: string;
  workflowType: string;
  previousStartedEventId: number;
  startedEventId: number;
  attempt: number;
  backlogHint: number;
  history: Buffer;
  nextPageToken: Buffer;
  /** The type of a query that came alone. */
  query?: string;
  /** Types of queries that came with the task, by their ids. */
  queries: Map<string, string>;
  messages: ProtocolMessage[];
  /** When the server scheduled it and gave it to the worker: milliseconds since the epoch; 0 if it did not say. */
  scheduledAtMs: number;
  startedAtMs: number;
  /** By how many polls the server would have the worker change; undefined if it did not say. */
  pollersDelta?: number;
}

/** A message of the update protocol. */
export interface ProtocolMessage {
  id: string;
  protocolInstanceId: string;
  /** The event that the message comes after. */
  eventId: number;
  /** The encoded body and its type. */
  body: Buffer;
  bodyType: string;
}

export interface ActivityTask {
  taskToken: Buffer;
  activityType: string;
  workflowId: string;
  /** Encoded Payloads. */
  input: Buffer;
  heartbeatDetails: Buffer;
  attempt: number;
  heartbeatTimeoutMs: number;
  /** When the server scheduled this attempt and gave it to the worker: milliseconds since the epoch; 0 if it did not say. */
  scheduledAtMs: number;
  startedAtMs: number;
  pollersDelta?: number;
}

/** Reads a PollWorkflowTaskQueueResponse; its task token is empty if the poll ended without a task. */
export function readWorkflowTask(fields: Fields): WorkflowTask {
  const task: WorkflowTask = {
    taskToken: NOTHING,
    workflowId: '',
    runId: '',
    workflowType: '',
    previousStartedEventId: 0,
    startedEventId: 0,
    attempt: 0,
    backlogHint: 0,
    history: NOTHING,
    nextPageToken: NOTHING,
    queries: new Map(),
    messages: [],
    scheduledAtMs: 0,
    startedAtMs: 0,
  };
  while (fields.next()) {
    switch (fields.field) {
      case 1:
        task.taskToken = fields.bytes();
        break;
      case 2:
        readExecution(fields.nested(), task);
        break;
      case 3:
        task.workflowType = textIn(fields.nested(), 1);
        break;
      case 4:
        task.previousStartedEventId = fields.int;
        break;
      case 5:
        task.startedEventId = fields.int;
        break;
      case 6:
        task.attempt = fields.int;
        break;
      case 7:
        task.backlogHint = fields.int;
        break;
      case 8:
        task.history = fields.bytes();
        break;
      case 9:
        task.nextPageToken = fields.bytes();
        break;
      case 12:
        task.scheduledAtMs = durationMs(fields.nested());
        break;
      case 13:
        task.startedAtMs = durationMs(fields.nested());
        break;
      case 10:
        task.query = textIn(fields.nested(), 1);
        break;
      case 14:
        readQuery(fields.nested(), task.queries);
        break;
      case 15:
        task.messages.push(readMessage(fields.nested()));
        break;
      case 16:
        task.pollersDelta = intIn(fields.nested(), 1);
        break;
    }
  }
  return task;
}

/** Reads a PollActivityTaskQueueResponse; its task token is empty if the poll ended without a task. */
export function readActivityTask(fields: Fields): ActivityTask {
  const task: ActivityTask = {
    taskToken: NOTHING,
    activityType: '',
    workflowId: '',
    input: NOTHING,
    heartbeatDetails: NOTHING,
    attempt: 0,
    heartbeatTimeoutMs: 0,
    scheduledAtMs: 0,
    startedAtMs: 0,
  };
  while (fields.next()) {
    switch (fields.field) {
      case 1:
        task.taskToken = fields.bytes();
        break;
      case 4:
        task.workflowId = textIn(fields.nested(), 1);
        break;
      case 5:
        task.activityType = textIn(fields.nested(), 1);
        break;
      case 8:
        task.input = fields.bytes();
        break;
      case 9:
        task.heartbeatDetails = fields.bytes();
        break;
      case 11:
        task.scheduledAtMs = durationMs(fields.nested());
        break;
      case 12:
        task.startedAtMs = durationMs(fields.nested());
        break;
      case 13:
        task.attempt = fields.int;
        break;
      case 16:
        task.heartbeatTimeoutMs = durationMs(fields.nested());
        break;
      case 18:
        task.pollersDelta = intIn(fields.nested(), 1);
        break;
    }
  }
  return task;
}

/** What the server returns for a completed workflow task: perhaps the run's next task, and activities to run at once. */
export function readCompleted(fields: Fields): { next?: WorkflowTask; activities: ActivityTask[] } {
  const reply: { next?: WorkflowTask; activities: ActivityTask[] } = { activities: [] };
  while (fields.next()) {
    if (fields.field === 1) reply.next = readWorkflowTask(fields.nested());
    else if (fields.field === 2) reply.activities.push(readActivityTask(fields.nested()));
  }
  return reply;
}

/** `run_id` of a StartWorkflowExecutionResponse. */
export function readRunId(reply: Buffer): string {
  return textIn(new Fields(reply), 1);
}

/** `run_id` of the first response of an ExecuteMultiOperationResponse, which is the start's. */
export function readFirstRunId(reply: Buffer): string {
  const first = bytesIn(new Fields(reply), 1);
  return readRunId(bytesIn(new Fields(first), 1));
}

/** How an UpdateWorkflowExecution ended; the failure's message if it failed, undefined if it is not known. */
export function readUpdateOutcome(reply: Buffer): { success: boolean; failure?: string } {
  const outcome = new Fields(bytesIn(new Fields(reply), 2));
  while (outcome.next()) {
    if (outcome.field === 1) return { success: true };
    if (outcome.field === 2) return { success: false, failure: textIn(outcome.nested(), 1) };
  }
  return { success: false };
}

/** Whether a RecordActivityTaskHeartbeatResponse says that the activity is to be canceled. */
export function readCancelRequested(reply: Buffer): boolean {
  return intIn(new Fields(reply), 1) === 1;
}

function readExecution(fields: Fields, into: { workflowId: string; runId: string }): void {
  while (fields.next()) {
    if (fields.field === 1) into.workflowId = fields.string();
    else if (fields.field === 2) into.runId = fields.string();
  }
}

function readQuery(fields: Fields, into: Map<string, string>): void {
  let id = '';
  let type = '';
  while (fields.next()) {
    if (fields.field === 1) id = fields.string();
    else if (fields.field === 2) type = textIn(fields.nested(), 1);
  }
  into.set(id, type);
}

function readMessage(fields: Fields): ProtocolMessage {
  const message = { id: '', protocolInstanceId: '', eventId: 0, body: NOTHING, bodyType: '' };
  while (fields.next()) {
    if (fields.field === 1) message.id = fields.string();
    else if (fields.field === 2) message.protocolInstanceId = fields.string();
    else if (fields.field === 3) message.eventId = fields.int;
    else if (fields.field === 5) {
      const any = fields.nested();
      while (any.next()) {
        if (any.field === 1) message.bodyType = any.string();
        else if (any.field === 2) message.body = any.bytes();
      }
    }
  }
  return message;
}

/** Milliseconds of a Duration, or since the epoch of a Timestamp. */
export function durationMs(fields: Fields): number {
  let ms = 0;
  while (fields.next()) {
    if (fields.field === 1) ms += fields.int * 1000;
    else if (fields.field === 2) ms += fields.int / 1e6;
  }
  return ms;
}

/** The first length-delimited field of this number; empty if there is none. */
export function bytesIn(fields: Fields, field: number): Buffer {
  while (fields.next()) if (fields.field === field) return fields.bytes();
  return NOTHING;
}

export function textIn(fields: Fields, field: number): string {
  while (fields.next()) if (fields.field === field) return fields.string();
  return '';
}

export function intIn(fields: Fields, field: number): number {
  while (fields.next()) if (fields.field === field) return fields.int;
  return 0;
}
