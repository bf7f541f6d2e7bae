import { inNamespace, observerEffect } from '../../../measurement/server/observer-effect';
import { readingsBetween, readPage } from '../../../measurement/server/server-metrics';

/** Returns the readings of a page that counts calls, after a page without them. */
function readings(calls: readonly (readonly [namespace: string, operation: string, count: number])[]) {
  const page = calls
    .map(
      ([namespace, operation, n]) =>
        `service_requests{namespace="${namespace}",operation="${operation}",service_name="frontend"} ${n}`,
    )
    .join('\n');
  return readingsBetween([[]], [readPage(page)], [], 10);
}

const simple = [
  ['load-1', 'StartWorkflowExecution', 100],
  ['load-1', 'PollWorkflowTaskQueue', 110],
  ['load-1', 'RespondWorkflowTaskCompleted', 100],
  ['load-1', 'DescribeTaskQueue', 5],
  ['load-1', 'GetSystemInfo', 1],
] as const;

test('calls that neither start nor execute workflows are the observer effect, by operation', () => {
  expect(observerEffect(readings(simple))).toEqual({
    loadCalls: 310,
    otherCalls: 6,
    byOperation: { DescribeTaskQueue: 5, GetSystemInfo: 1 },
  });
});

test('polls for activities belong to the load only if activities are executed', () => {
  const polls = [...simple, ['load-1', 'PollActivityTaskQueue', 20] as const];
  expect(observerEffect(readings(polls))).toMatchObject({ loadCalls: 310, otherCalls: 26 });
  const activities = [...polls, ['load-1', 'RespondActivityTaskCompleted', 20] as const];
  expect(observerEffect(readings(activities))).toMatchObject({ loadCalls: 350, otherCalls: 6 });
});

test('calls in other namespaces are not counted, also where the server writes the namespace with underscores', () => {
  const others = [['temporal_system', 'PollWorkflowTaskQueue', 999] as const];
  for (const written of ['load-1', 'load_1']) {
    const all = readings([...simple.map(([, ...rest]) => [written, ...rest] as const), ...others]);
    expect(observerEffect(inNamespace(all, 'load-1'))).toMatchObject({ loadCalls: 310, otherCalls: 6 });
  }
});

test('a server that does not count calls by namespace and operation has no observer effect', () => {
  const page = readPage('service_requests{service_name="frontend"} 500');
  expect(observerEffect(inNamespace(readingsBetween([[]], [page], [], 10), 'load-1'))).toBeUndefined();
});
