import { Registry } from 'prom-client';
import { mergePages } from '../../machine/metrics/page';
import { SdkNamedMetrics } from '../../machine/metrics/sdk-named-metrics';

/** What the SDK's core serves of a call. */
const core = `# HELP temporal_request_latency Histogram of client request latencies
# TYPE temporal_request_latency histogram
temporal_request_latency_bucket{namespace="n",operation="DescribeNamespace",service_name="temporal-core-sdk",le="+Inf"} 1
temporal_request_latency_sum{namespace="n",operation="DescribeNamespace",service_name="temporal-core-sdk"} 0.001
temporal_request_latency_count{namespace="n",operation="DescribeNamespace",service_name="temporal-core-sdk"} 1
`;

async function pageOf(registry: Registry): Promise<string> {
  return mergePages([{ role: 'generator', text: `${await registry.metrics()}\n${core}` }]);
}

test('starts are in the histogram of the SDK’s name, in seconds, beside the SDK’s own calls in one family', async () => {
  const registry = new Registry();
  const requests = new SdkNamedMetrics(registry);
  requests.begin('n');
  requests.request('n', 'StartWorkflowExecution', 'OK', 250);
  requests.request('n', 'GetWorkflowExecutionHistory', 'OK', 4000);
  requests.request('n', 'PollWorkflowTaskQueue', 'UNAVAILABLE', 1);
  requests.request('n', 'RespondWorkflowTaskCompleted', 'NOT_FOUND', 1);
  requests.task('n', 'workflow', 20);
  requests.task('n', 'activity', 30);
  requests.closed('n', 40);
  const page = await pageOf(registry);
  expect(page).toMatch(/^temporal_long_request_failure\{.*"PollWorkflowTaskQueue",status_code="UNAVAILABLE"\} 1$/m);
  expect(page).toMatch(/^temporal_request_failure\{.*"RespondWorkflowTaskCompleted",status_code="NOT_FOUND"\} 1$/m);
  expect(page).toMatch(/^temporal_workflow_task_schedule_to_start_latency_sum\{.*\} 0.02$/m);
  expect(page).toMatch(/^temporal_activity_schedule_to_start_latency_sum\{.*\} 0.03$/m);
  expect(page).toMatch(/^temporal_workflow_endtoend_latency_sum\{.*\} 0.04$/m);
  const labels = 'role="generator",namespace="n",service_name="temporal-benchmark",operation="StartWorkflowExecution"';
  expect(page).toContain(`temporal_request_latency_sum{${labels}} 0.25\n`);
  expect(page).toContain(`temporal_request_latency_count{${labels}} 1\n`);
  expect(page).toMatch(/^temporal_request_latency_count\{.*service_name="temporal-core-sdk"\} 1$/m);
  expect(page).toMatch(/^temporal_long_request_latency_sum\{.*"GetWorkflowExecutionHistory".*\} 4$/m);
  expect(page.match(/^# TYPE temporal_request_latency histogram$/gm)).toHaveLength(1);
  expect(page.match(/^# HELP temporal_request_latency /gm)).toHaveLength(1);
  const samples = page.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  const named = samples.map((line) => line.replace(/ \S+$/, ''));
  expect(new Set(named).size).toBe(named.length);
});

test('the samples of a namespace stay until a lane of another one begins, if none of its own is under way', async () => {
  const registry = new Registry();
  const requests = new SdkNamedMetrics(registry);
  const observe = (namespace: string) => requests.request(namespace, 'StartWorkflowExecution', 'OK', 1);
  const namespaces = async () =>
    [...(await registry.metrics()).matchAll(/^temporal_request_latency_count\{namespace="(\w+)"/gm)].map(([, n]) => n);
  for (const namespace of ['a', 'b']) {
    requests.begin(namespace);
    observe(namespace);
  }
  requests.begin('a');
  requests.end('a');
  requests.end('b');
  expect(await namespaces()).toEqual(['a', 'b']);
  requests.begin('c');
  observe('c');
  // A lane of `a` is still under way.
  expect(await namespaces()).toEqual(['a', 'c']);
});
