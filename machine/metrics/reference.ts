import { Registry } from 'prom-client';
import { LATENCY_BUCKETS } from './sdk-runtime';
import { LaneMetrics } from './lane-metrics';
import { addProcessMetrics } from './process-metrics';
import { QueueMetrics } from './queue-metrics';

/** What comes from the control role, through the SDK, so that no registry of ours has it. */
const PHASE = {
  name: 'benchmark_phase',
  type: 'gauge',
  labels: 'phase',
  help: 'Whether the run that said so last is in this phase (1) or not (0)',
};

/** docs/metrics.md: every metric of the tool's own, from the registries that serve them. */
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
    'A machine serves one page, `/metrics` (`--metrics-address`; at home `127.0.0.1:9090`, of a worker `0.0.0.0:9090`), in the text',
    'format of Prometheus. It joins the pages of its processes; the label `role` says which one a sample comes from: `control`,',
    '`generator`, `host`, and `host-0` … for the processes that execute the load workflows. Labels are bounded: none carries a run, a',
    'lane or an id. A port that is taken costs the page, not the run. `--metrics-linger 30s` keeps the page up for so long after a run',
    'at home, so that the last scrape sees the totals.',
    '',
    '| metric | type | labels | what it says |',
    '|---|---|---|---|',
    ...rows.map(({ name, type, labels, help }) => `| \`${name}\` | ${type} | ${labels} | ${help} |`),
    '',
    `Buckets of the histograms, seconds: ${LATENCY_BUCKETS.join(', ')}.`,
    '',
    'The page also has the metrics of the Temporal SDK (`temporal_…`), among them `temporal_request_latency`,',
    '`temporal_long_request_latency`, `temporal_request_failure`, `temporal_workflow_task_schedule_to_start_latency`,',
    '`temporal_activity_schedule_to_start_latency`, `temporal_activity_execution_latency` and `temporal_workflow_endtoend_latency`:',
    'https://docs.temporal.io/references/sdk-metrics. All of their durations are in seconds. The generator starts workflows through the',
    'JavaScript client, which has no metrics, so the benchmark adds its own calls to `temporal_request_latency` and',
    '`temporal_long_request_latency` with the label `service_name="temporal-benchmark"` (the SDK: `temporal-core-sdk`), e.g.',
    '`temporal_request_latency_count{operation="StartWorkflowExecution",service_name="temporal-benchmark"}`. The samples of a namespace',
    'stay until a lane of another namespace begins. The failures of these calls are not in `temporal_request_failure`; the label `code`',
    'of `benchmark_request_latency_seconds` counts them, and `benchmark_workflows_rejected_total` counts them by cause.',
    '',
  ].join('\n');
}

function described(registry: Registry) {
  // What prom-client keeps of a metric is more than its types tell.
  const all = registry.getMetricsAsArray() as unknown as readonly Described[];
  return all.map(({ name, type, help, labelNames }) => ({ name, type, help, labels: labelNames.join(', ') }));
}

interface Described {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly labelNames: readonly string[];
}
