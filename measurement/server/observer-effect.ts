import type { ServerReading } from './server-metrics';

/** The calls of starting, messaging and executing workflows, which any program that runs this load must make. */
const LOAD_CALLS = new Set([
  'StartWorkflowExecution',
  'SignalWithStartWorkflowExecution',
  'ExecuteMultiOperation',
  'SignalWorkflowExecution',
  'UpdateWorkflowExecution',
  'PollWorkflowExecutionUpdate',
  'QueryWorkflow',
  'PollWorkflowTaskQueue',
  'RespondWorkflowTaskCompleted',
  'RespondWorkflowTaskFailed',
  'RespondQueryTaskCompleted',
  'RespondActivityTaskCompleted',
  'RespondActivityTaskFailed',
  'RecordActivityTaskHeartbeat',
]);

/** The calls that the frontends received in the run's namespace during a hold, apart from those of other namespaces. */
export interface ObserverEffect {
  /** Calls that start, message and execute workflows. */
  readonly loadCalls: number;
  /** All other calls: those that observe the load. */
  readonly otherCalls: number;
  /** Other calls by operation, the most frequent first. */
  readonly byOperation: Readonly<Record<string, number>>;
}

/** Splits the labels of a reading of `frontend calls`: `<namespace>/<operation>`. */
function split(labels: string): { readonly namespace: string; readonly operation: string } {
  const at = labels.lastIndexOf('/');
  return { namespace: labels.slice(0, at), operation: labels.slice(at + 1) };
}

/**
 * Returns the readings without the frontend calls in other namespaces. Servers that report through tally replace the
 * characters of a namespace that are not word characters by `_`.
 */
export function inNamespace(readings: readonly ServerReading[], namespace: string): ServerReading[] {
  const written = new Set([namespace, namespace.replace(/\W/g, '_')]);
  return readings.filter(({ name, labels }) => name !== 'frontend calls' || written.has(split(labels).namespace));
}

/** Returns the observer effect; undefined if the server does not count its calls by namespace and operation. */
export function observerEffect(readings: readonly ServerReading[]): ObserverEffect | undefined {
  const calls = new Map<string, number>();
  for (const { name, labels, count = 0 } of readings) {
    const { operation } = split(labels);
    if (name === 'frontend calls' && count > 0) calls.set(operation, (calls.get(operation) ?? 0) + count);
  }
  // Polls of the activity queue execute activities, if there are any.
  const hasActivities = [...calls.keys()].some((operation) => operation.startsWith('RespondActivityTask'));
  const isLoad = (operation: string) =>
    LOAD_CALLS.has(operation) || (operation === 'PollActivityTaskQueue' && hasActivities);
  const others = [...calls].filter(([operation]) => !isLoad(operation)).sort(([, a], [, b]) => b - a);
  const sum = (some: Iterable<[string, number]>) => [...some].reduce((all, [, count]) => all + count, 0);
  const otherCalls = sum(others);
  const loadCalls = sum(calls) - otherCalls;
  return loadCalls === 0 ? undefined : { loadCalls, otherCalls, byOperation: Object.fromEntries(others) };
}
