import { Fields } from './scan';

const NOTHING: Buffer = Buffer.alloc(0);

/** Reads a GetWorkflowExecutionHistoryResponse. */
export function readHistoryPage(fields: Fields): { history: Buffer; nextPageToken: Buffer } {
  const page = { history: NOTHING, nextPageToken: NOTHING };
  while (fields.next()) {
    if (fields.field === 1) page.history = fields.bytes();
    else if (fields.field === 3) page.nextPageToken = fields.bytes();
  }
  return page;
}

/** An event's id, type and encoded attributes. */
export interface EventView {
  readonly id: number;
  readonly type: number;
  /** Encoded Timestamp; of the first event of a history only. */
  readonly time: Buffer;
  readonly attributes: Buffer;
}

/** Attributes are the fields between these two numbers. */
const FIRST_ATTRIBUTES = 6;
const AFTER_ATTRIBUTES = 300;

/** The events of an encoded `temporal.api.history.v1.History`, in order. */
export function* eventsOf(history: Buffer): Generator<EventView> {
  const events = new Fields(history);
  while (events.next()) {
    if (events.field !== 1) continue;
    const event = { id: 0, type: 0, time: NOTHING, attributes: NOTHING };
    const fields = events.nested();
    while (fields.next()) {
      if (fields.field === 1) event.id = fields.int;
      else if (fields.field === 2 && event.id === 1) event.time = fields.bytes();
      else if (fields.field === 3) event.type = fields.int;
      else if (fields.field >= FIRST_ATTRIBUTES && fields.field < AFTER_ATTRIBUTES) event.attributes = fields.bytes();
    }
    yield event;
  }
}
