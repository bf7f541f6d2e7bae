import { Registry } from 'prom-client';
import { LATENCY_BUCKETS } from './sdk-runtime';
import { LaneMetrics } from './lane-metrics';
import { addProcessMetrics } from './process-metrics';
import { QueueMetrics } from './queue-metrics';

/** A metric of the run's workflow. The SDK serves it, so it is not in the registries. */
const PHASE = {
  name: 'benchmark_phase',
  type: 'gauge',
  labels: 'phase',
  help: 'Whether the run is in this phase: 1 or 0. Of several runs, the one that changed its phase last',
};

/** Returns docs/metrics.md: all metrics of the tool, from the registries that serve them. */
export function metricsReference(): string {
  const processes = new Registry();
  addProcessMetrics(processes);
  new QueueMetrics(processes);
  const rows = [...described(new LaneMetrics().registry), ...described(processes), PHASE].sort((a, b) =>
    a.name.localeCompare(b.name),
  );
  return [
    '# Metrics',
    '',
    'Generated from the registries by `npm run generate`.',
    '',
    'Each machine serves one page, `/metrics`, in the Prometheus text format. `--metrics-address` sets its address. The default is',
    '`127.0.0.1:9090` for `benchmark run` and `0.0.0.0:9090` for `benchmark worker`. The page merges the metrics of all processes of the',
    'machine. The label `role` names the process: `control`, `generator`, `host`, and `host-0` … for the processes that execute the load',
    'workflows. Labels are bounded: none contains a run, a lane or an id. If the port is taken, the run continues without the page.',
    '`--metrics-linger 30s` serves the page for 30 seconds after a run with embedded servers, so that the last scrape sees the totals.',
    '',
    '| metric | type | labels | meaning |',
    '|---|---|---|---|',
    ...rows.map(({ name, type, labels, help }) => `| \`${name}\` | ${type} | ${labels} | ${help} |`),
    '',
    `The histograms have these buckets, in seconds: ${LATENCY_BUCKETS.join(', ')}.`,
    '',
    'The page also has the metrics of the Temporal SDK (`temporal_…`), for example `temporal_request_latency`,',
    '`temporal_long_request_latency`, `temporal_request_failure`, `temporal_workflow_task_schedule_to_start_latency`,',
    '`temporal_activity_schedule_to_start_latency`, `temporal_activity_execution_latency` and `temporal_workflow_endtoend_latency`.',
    'See https://docs.temporal.io/references/sdk-metrics. All of their durations are in seconds. The generators call the',
    'target, and execute the load workflows, without the SDK (`--executor lean`). The benchmark adds what they do to these metrics with the',
    'label `service_name="temporal-benchmark"` (the SDK: `temporal-core-sdk`), e.g.',
    '`temporal_request_latency_count{operation="StartWorkflowExecution",service_name="temporal-benchmark"}`. The samples of a namespace',
    'remain until a lane of another namespace begins. `benchmark_workflows_rejected_total` counts failed starts by cause.',
    '',
  ].join('\n');
}

function described(registry: Registry) {
  // prom-client's types omit these fields of a metric.
  const all = registry.getMetricsAsArray() as unknown as readonly Described[];
  return all.map(({ name, type, help, labelNames }) => ({ name, type, help, labels: labelNames.join(', ') }));
}

interface Described {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly labelNames: readonly string[];
}
