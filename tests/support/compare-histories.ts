import { temporal } from '@temporalio/proto';
import type { HistoryEvent } from './executors';

/** Attributes that differ between two executions of the same workflow: ids, times, names, identities. */
const VARIES = new Set([
  'eventTime',
  'taskId',
  'version',
  'requestId',
  'runId',
  'workflowId',
  'originalExecutionRunId',
  'firstExecutionRunId',
  'continuedExecutionRunId',
  'newExecutionRunId',
  'identity',
  'taskQueue',
  'name_',
  'stackTrace',
  'historySizeBytes',
  'firstWorkflowTaskBackoff',
  'prevAutoResetPoints',
  'protocolInstanceId',
  'acceptedRequestMessageId',
  'updateId',
]);

/** An event without what varies, as JSON. */
function comparable(event: HistoryEvent): unknown {
  const { HistoryEvent: type } = temporal.api.history.v1;
  const plain = type.toObject(event as never, { enums: String, longs: Number, bytes: String });
  return strip(plain);
}

function strip(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(strip);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).flatMap(([key, inner]) => {
    if (key === 'taskQueue') return [[key, queueKind(inner as QueueName)]];
    if (VARIES.has(key)) return [];
    // The SDK keeps its flags in a hash set, so their order is random.
    if (key === 'coreUsedFlags') return [[key, [...(inner as number[])].sort()]];
    // A local activity's marker holds the times of its execution.
    if (key === 'data' && typeof inner === 'string') return [[key, withoutTimes(inner)]];
    return [[key, strip(inner)]];
  });
  return Object.fromEntries(entries);
}

interface QueueName {
  readonly kind?: string;
  readonly normalName?: string;
}

function queueKind({ kind, normalName }: QueueName): unknown {
  return { kind, hasNormalName: Boolean(normalName) };
}

function withoutTimes(base64: string): unknown {
  const text = Buffer.from(base64, 'base64').toString('utf8');
  try {
    const parsed = JSON.parse(text) as Record<string, unknown> | null;
    if (typeof parsed !== 'object' || parsed === null) return parsed;
    return Object.fromEntries(Object.entries(parsed).filter(([key]) => !key.endsWith('_time')));
  } catch {
    return text;
  }
}

/** Events in their order, with everything that has to be the same. */
export function inOrder(events: readonly HistoryEvent[]): unknown[] {
  return events.map(comparable);
}

const TASKS = /^EVENT_TYPE_WORKFLOW_TASK_/;

/**
 * Events whose order depends on timing: without workflow tasks, without the ids that refer to other events, sorted.
 */
export function anyOrder(events: readonly HistoryEvent[]): string[] {
  return events
    .map(comparable)
    .map((event) => event as { eventType: string; eventId?: number })
    .filter(({ eventType }) => !TASKS.test(eventType))
    .map((event) =>
      JSON.stringify(event, (key, value: unknown) => (/EventId$|^eventId$/.test(key) ? undefined : value)),
    )
    .sort();
}
