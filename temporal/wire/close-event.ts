import { temporal } from '@temporalio/proto';
import { eventsOf, readHistoryPage } from './history-events';
import { textIn } from './replies';
import { Fields } from './scan';

const { EventType } = temporal.api.enums.v1;

export type CloseStatus = 'completed' | 'failed' | 'canceled' | 'terminated' | 'timedOut';

/** How a run ended, or the run that follows it, because it continued as new or is retried. */
export type Close = { readonly status: CloseStatus } | { readonly nextRunId: string };

interface CloseEvent {
  readonly status?: CloseStatus;
  /** The field of the event's attributes that holds the id of the run that follows. */
  readonly nextRunId?: number;
}

const CLOSE_EVENTS: ReadonlyMap<number, CloseEvent> = new Map<number, CloseEvent>([
  [EventType.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED, { status: 'completed', nextRunId: 3 }],
  [EventType.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED, { status: 'failed', nextRunId: 4 }],
  [EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TIMED_OUT, { status: 'timedOut', nextRunId: 2 }],
  [EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED, { status: 'canceled' }],
  [EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED, { status: 'terminated' }],
  [EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW, { nextRunId: 1 }],
]);

/** Reads the answer to {@link LoadRequests.awaitClose}: no close if the run is open, and the token to ask again with. */
export function readClose(reply: Buffer): { readonly close?: Close; readonly nextPageToken: Buffer } {
  const { history, nextPageToken } = readHistoryPage(new Fields(reply));
  const [event] = eventsOf(history);
  if (!event) return { nextPageToken };
  const { status, nextRunId } = CLOSE_EVENTS.get(event.type) ?? {};
  const next = nextRunId === undefined ? '' : textIn(new Fields(event.attributes), nextRunId);
  if (next !== '') return { close: { nextRunId: next }, nextPageToken };
  return { close: { status: status ?? 'failed' }, nextPageToken };
}
