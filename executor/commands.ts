import { randomUUID } from 'node:crypto';
import { temporal } from '@temporalio/proto';
import { Encoder } from '../temporal/wire/encode';
import { encodePayloads, NO_RESULT } from './payloads';

const command = temporal.api.command.v1;
const { CommandType, TaskQueueKind } = temporal.api.enums.v1;

type ActivityOptions = Omit<
  temporal.api.command.v1.IScheduleActivityTaskCommandAttributes,
  'activityId' | 'activityType' | 'input' | 'taskQueue' | 'requestEagerExecution'
>;

/** A Duration of whole milliseconds. */
export function durationOf(ms: number) {
  return { seconds: Math.floor(ms / 1000) as never, nanos: (ms % 1000) * 1e6 };
}

/** Activities of one workflow task that the server may hand back with its completion; the SDK asks for so many. */
const MOST_EAGER = 3;

/** Encodes commands as the TypeScript SDK sends them. Constant fields are encoded once. */
export class Commands {
  private readonly encoder = new Encoder();
  private readonly activityTails = new Map<string, Uint8Array>();
  private readonly queue;
  private readonly childTail: Uint8Array;
  private readonly completedWithoutResult: Uint8Array;

  constructor(namespace: string, taskQueue: string) {
    this.queue = { name: taskQueue, kind: TaskQueueKind.TASK_QUEUE_KIND_NORMAL };
    this.childTail = command.StartChildWorkflowExecutionCommandAttributes.encode({
      namespace,
      taskQueue: this.queue,
      header: {},
      memo: {},
      inheritBuildId: true,
    }).finish();
    this.completedWithoutResult = this.completeWith(NO_RESULT);
  }

  /** @param result encoded Payloads */
  complete(result?: Uint8Array): Uint8Array {
    return result === undefined ? this.completedWithoutResult : this.completeWith(result);
  }

  fail(message: string): Uint8Array {
    return command.Command.encode({
      commandType: CommandType.COMMAND_TYPE_FAIL_WORKFLOW_EXECUTION,
      failWorkflowExecutionCommandAttributes: {
        failure: { message, source: 'TypeScriptSDK', applicationFailureInfo: {} },
      },
    }).finish();
  }

  cancelWorkflow(): Uint8Array {
    return command.Command.encode({
      commandType: CommandType.COMMAND_TYPE_CANCEL_WORKFLOW_EXECUTION,
      cancelWorkflowExecutionCommandAttributes: {},
    }).finish();
  }

  /**
   * @param place how many activities the run scheduled before this one
   * @param input encoded Payloads
   * @param placeInTask how many activities the same workflow task schedules before this one
   */
  scheduleActivity(
    type: string,
    options: ActivityOptions,
    place: number,
    input?: Uint8Array,
    placeInTask = 0,
  ): Uint8Array {
    const { encoder } = this;
    const attributes = this.begin(CommandType.COMMAND_TYPE_SCHEDULE_ACTIVITY_TASK, 2);
    encoder.string(1, String(place + 1));
    if (input) encoder.embedded(6, input);
    encoder.raw(this.activityTail(type, options)).int(12, placeInTask < MOST_EAGER ? 1 : 0);
    return encoder.close(attributes).message();
  }

  startTimer(place: number, durationMs: number): Uint8Array {
    return command.Command.encode({
      commandType: CommandType.COMMAND_TYPE_START_TIMER,
      startTimerCommandAttributes: { timerId: String(place + 1), startToFireTimeout: durationOf(durationMs) },
    }).finish();
  }

  startChild(workflowType: string): Uint8Array {
    const { encoder } = this;
    const attributes = this.begin(CommandType.COMMAND_TYPE_START_CHILD_WORKFLOW_EXECUTION, 12);
    encoder.string(2, randomUUID());
    const type = encoder.open(3);
    encoder.string(1, workflowType).close(type).raw(this.childTail);
    return encoder.close(attributes).message();
  }

  continueAsNew(workflowType: string, argument: unknown): Uint8Array {
    const { encoder, queue } = this;
    const attributes = this.begin(CommandType.COMMAND_TYPE_CONTINUE_AS_NEW_WORKFLOW_EXECUTION, 11);
    const fixed = { workflowType: { name: workflowType }, taskQueue: queue, inheritBuildId: true };
    encoder.raw(command.ContinueAsNewWorkflowExecutionCommandAttributes.encode(fixed).finish());
    return encoder.embedded(3, encodePayloads(argument)).close(attributes).message();
  }

  /** The marker of a local activity that has succeeded without a result. */
  localActivityMarker(place: number, type: string, atMs: number): Uint8Array {
    const time = { seconds: Math.floor(atMs / 1000), nanos: Math.floor((atMs % 1000) * 1e6) };
    const data = {
      seq: place + 1,
      attempt: 1,
      activity_id: String(place + 1),
      activity_type: type,
      complete_time: time,
      backoff: null,
      original_schedule_time: time,
    };
    const { encoder } = this;
    const attributes = this.begin(CommandType.COMMAND_TYPE_RECORD_MARKER, 10);
    encoder.string(1, 'core_local_activity');
    this.detail('data', encodePayloads(data));
    this.detail('result', NO_RESULT);
    return encoder.close(attributes).message();
  }

  protocolMessage(messageId: string): Uint8Array {
    const attributes = this.begin(CommandType.COMMAND_TYPE_PROTOCOL_MESSAGE, 15);
    return this.encoder.string(1, messageId).close(attributes).message();
  }

  private completeWith(result: Uint8Array): Uint8Array {
    const attributes = this.begin(CommandType.COMMAND_TYPE_COMPLETE_WORKFLOW_EXECUTION, 4);
    return this.encoder.embedded(1, result).close(attributes).message();
  }

  private begin(type: number, attributesField: number): number {
    return this.encoder.begin().int(1, type).open(attributesField);
  }

  private detail(key: string, payloads: Uint8Array): void {
    const entry = this.encoder.open(2);
    this.encoder.string(1, key).embedded(2, payloads).close(entry);
  }

  private activityTail(type: string, options: ActivityOptions): Uint8Array {
    let tail = this.activityTails.get(type);
    if (!tail) {
      tail = command.ScheduleActivityTaskCommandAttributes.encode({
        activityType: { name: type },
        taskQueue: this.queue,
        header: {},
        useWorkflowBuildId: true,
        ...options,
      }).finish();
      this.activityTails.set(type, tail);
    }
    return tail;
  }
}
