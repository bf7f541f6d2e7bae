import { POKE } from '../load-workflows/message-names';
import { temporal } from '@temporalio/proto';
import { eventsOf, type EventView } from '../temporal/wire/history-events';
import { bytesIn, durationMs, textIn } from '../temporal/wire/replies';
import { Fields } from '../temporal/wire/scan';
import { readJson } from './payloads';

const { EventType } = temporal.api.enums.v1;
const NOTHING: Buffer = Buffer.alloc(0);

/**
 * What the history of one run says, as far as a built-in workload needs it. Everything follows from the events, so a run
 * that was forgotten is rebuilt by reading its history once more.
 */
export class RunHistory {
  lastEventId = 0;
  /** When the run started: milliseconds since the epoch on the server's clock. */
  startedAtMs = 0;
  /** The encoded Payloads that the workflow was started with. */
  input = NOTHING;
  activitiesScheduled = 0;
  activitiesCompleted = 0;
  /** The encoded result of the last activity that completed. */
  lastResult = NOTHING;
  timersStarted = 0;
  timersFired = 0;
  childrenInitiated = 0;
  childrenCompleted = 0;
  markers = 0;
  signals = 0;
  updatesCompleted = 0;
  /** Updates that the present workflow task has accepted; their events are not recorded yet. */
  updatesInTask = 0;
  cancelRequested = false;
  /** What failed: an activity or a child, and how. */
  failure?: string;
  /** Whether a completed workflow task has named the SDK and its flags. */
  hasMetadata = false;
  /** Flags of the language SDK that completed workflow tasks have used. */
  readonly langFlags = new Set<number>();
  /** Whether signals came since the last completed workflow task. */
  newSignals = false;
  private parsedInput?: { readonly value: unknown };

  get updates(): number {
    return this.updatesCompleted + this.updatesInTask;
  }

  /** The first argument that the workflow was started with. */
  argument<T>(): T {
    return (this.parsedInput ??= { value: readJson(this.input) }).value as T;
  }

  /** Takes the events that follow the last one. Returns false, and takes none, if they do not follow it. */
  append(history: Buffer): boolean {
    this.updatesInTask = 0;
    let isFirst = true;
    for (const event of eventsOf(history)) {
      if (isFirst && event.id !== this.lastEventId + 1) return false;
      isFirst = false;
      this.lastEventId = event.id;
      this.take(event);
    }
    return true;
  }

  private take({ type, time, attributes }: EventView): void {
    switch (type) {
      case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED:
        this.startedAtMs = durationMs(new Fields(time));
        // A copy: the buffer that it lies in is as large as the whole reply.
        this.input = Buffer.from(bytesIn(new Fields(attributes), 6));
        break;
      case EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED:
        this.newSignals = false;
        this.takeMetadata(bytesIn(new Fields(attributes), 6));
        break;
      case EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
        this.activitiesScheduled += 1;
        break;
      case EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED:
        this.activitiesCompleted += 1;
        this.lastResult = Buffer.from(bytesIn(new Fields(attributes), 1));
        break;
      case EventType.EVENT_TYPE_ACTIVITY_TASK_FAILED:
      case EventType.EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT:
      case EventType.EVENT_TYPE_ACTIVITY_TASK_CANCELED:
        this.failure ??= 'Activity task failed';
        break;
      case EventType.EVENT_TYPE_TIMER_STARTED:
        this.timersStarted += 1;
        break;
      case EventType.EVENT_TYPE_TIMER_FIRED:
        this.timersFired += 1;
        break;
      case EventType.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED:
        this.childrenInitiated += 1;
        break;
      case EventType.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_COMPLETED:
        this.childrenCompleted += 1;
        break;
      case EventType.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_FAILED:
      case EventType.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_FAILED:
      case EventType.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_CANCELED:
      case EventType.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_TIMED_OUT:
      case EventType.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_TERMINATED:
        this.failure ??= 'Child Workflow execution failed';
        break;
      case EventType.EVENT_TYPE_MARKER_RECORDED:
        this.markers += 1;
        break;
      case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED:
        this.takeSignal(attributes);
        break;
      case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_COMPLETED:
        this.updatesCompleted += 1;
        break;
      case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CANCEL_REQUESTED:
        this.cancelRequested = true;
        break;
    }
  }

  private takeMetadata(metadata: Buffer): void {
    const fields = new Fields(metadata);
    while (fields.next()) {
      if (fields.field === 3) this.hasMetadata = true;
      // The server packs the flags; older encoders do not.
      if (fields.field !== 2) continue;
      if (fields.wire === 0) this.langFlags.add(fields.int);
      else for (const flag of fields.bytes()) this.langFlags.add(flag);
    }
  }

  private takeSignal(attributes: Buffer): void {
    this.newSignals = true;
    if (textIn(new Fields(attributes), 1) === POKE) this.signals += 1;
  }
}
