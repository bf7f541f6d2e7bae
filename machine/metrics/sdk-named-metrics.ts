import { Counter, Histogram, type Registry } from 'prom-client';
import { LATENCY_BUCKETS } from './sdk-runtime';

/** Distinguishes these samples from those of the SDK's own calls, which are in the same families. */
const SERVICE_NAME = 'temporal-benchmark';
const LONG_POLLS = new Set(['GetWorkflowExecutionHistory', 'PollWorkflowTaskQueue', 'PollActivityTaskQueue']);

type LabelSets = Map<string, Record<string, string>>;

/**
 * What the generator does on the target, in the SDK's metrics: it calls the target and, with the lean executor, executes
 * its workflows without the SDK, so SDK Core's metrics contain neither. These metrics have the same names and unit as
 * those of SDK Core; `mergePages` merges them into the same families.
 */
export class SdkNamedMetrics {
  private readonly short: Histogram;
  private readonly long: Histogram;
  private readonly failures: Counter;
  private readonly longFailures: Counter;
  private readonly tasks: Readonly<Record<'workflow' | 'activity', Histogram>>;
  private readonly endToEnd: Histogram;
  /** The number of active lanes by namespace. */
  private readonly lanes = new Map<string, number>();
  /** The label sets that were used, by namespace, metric, operation and code. */
  private readonly used = new Map<string, Map<Histogram | Counter, LabelSets>>();

  constructor(private readonly registry: Registry) {
    this.short = this.histogram(
      'temporal_request_latency',
      'Latency of the generator’s calls to the target and of the SDK’s own calls',
      ['operation'],
    );
    this.long = this.histogram(
      'temporal_long_request_latency',
      'Latency of the generator’s long polls for completions and tasks, and of the SDK’s own long polls',
      ['operation'],
    );
    this.failures = this.counter('temporal_request_failure', 'Calls that failed');
    this.longFailures = this.counter('temporal_long_request_failure', 'Long polls that failed');
    this.tasks = {
      workflow: this.histogram(
        'temporal_workflow_task_schedule_to_start_latency',
        'Time that workflow tasks waited for a worker',
      ),
      activity: this.histogram(
        'temporal_activity_schedule_to_start_latency',
        'Time that activity tasks waited for a worker',
      ),
    };
    this.endToEnd = this.histogram(
      'temporal_workflow_endtoend_latency',
      'Time from the start of a workflow to its completion',
    );
  }

  /** Begins a lane. Drops the samples of namespaces without an active lane, so that the page does not grow. */
  begin(namespace: string): void {
    if (!this.lanes.has(namespace)) for (const [other, lanes] of this.lanes) if (lanes === 0) this.drop(other);
    this.lanes.set(namespace, (this.lanes.get(namespace) ?? 0) + 1);
  }

  end(namespace: string): void {
    this.lanes.set(namespace, Math.max(0, (this.lanes.get(namespace) ?? 0) - 1));
  }

  /** @param code `OK` or the name of a gRPC status */
  request(namespace: string, operation: string, code: string, durationMs: number): void {
    const isLong = LONG_POLLS.has(operation);
    const latency = isLong ? this.long : this.short;
    latency.observe(this.labels(latency, namespace, { operation }), durationMs / 1000);
    if (code === 'OK') return;
    const failures = isLong ? this.longFailures : this.failures;
    failures.inc(this.labels(failures, namespace, { operation, status_code: code }));
  }

  /** @param waitedMs how long the task waited for a worker */
  task(namespace: string, type: 'workflow' | 'activity', waitedMs: number): void {
    const metric = this.tasks[type];
    metric.observe(this.labels(metric, namespace), Math.max(0, waitedMs) / 1000);
  }

  closed(namespace: string, endToEndMs: number): void {
    this.endToEnd.observe(this.labels(this.endToEnd, namespace), Math.max(0, endToEndMs) / 1000);
  }

  private drop(namespace: string): void {
    this.lanes.delete(namespace);
    for (const [metric, sets] of this.used.get(namespace) ?? [])
      for (const labels of sets.values()) metric.remove(labels);
    this.used.delete(namespace);
  }

  /** Returns a label set, always the same object, because making one costs more than counting. */
  private labels(metric: Histogram | Counter, namespace: string, more: Record<string, string> = {}) {
    const metrics = getOrAdd(this.used, namespace, () => new Map<Histogram | Counter, LabelSets>());
    const sets = getOrAdd(metrics, metric, () => new Map<string, Record<string, string>>());
    const key = `${more.operation ?? ''} ${more.status_code ?? ''}`;
    return getOrAdd(sets, key, () => ({ namespace, service_name: SERVICE_NAME, ...more }));
  }

  private histogram(name: string, help: string, labels: readonly string[] = []): Histogram {
    const labelNames = ['namespace', ...labels, 'service_name'];
    return new Histogram({ name, help, labelNames, buckets: LATENCY_BUCKETS, registers: [this.registry] });
  }

  private counter(name: string, help: string): Counter {
    const labelNames = ['namespace', 'operation', 'status_code', 'service_name'];
    return new Counter({ name, help, labelNames, registers: [this.registry] });
  }
}

function getOrAdd<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) map.set(key, (value = make()));
  return value;
}
