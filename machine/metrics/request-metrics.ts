import { Histogram, type Registry } from 'prom-client';
import { LATENCY_BUCKETS } from './sdk-runtime';

/** Distinguishes these samples from those of the SDK's own calls, which are in the same families. */
const SERVICE_NAME = 'temporal-benchmark';
const LONG_POLL = 'GetWorkflowExecutionHistory';

/**
 * The generator's calls in the SDK's metrics. The generator calls the target through the JavaScript client, which has no
 * metrics, so SDK Core's `temporal_request_latency` does not contain its starts. These two histograms have the same names,
 * labels and unit as those of SDK Core; `mergePages` merges them into the same families.
 */
export class RequestMetrics {
  private readonly short: Histogram;
  private readonly long: Histogram;
  private readonly operations = new Set<string>();
  /** The number of active lanes by namespace. */
  private readonly lanes = new Map<string, number>();

  constructor(registry: Registry) {
    const histogram = (name: string, help: string) =>
      new Histogram({
        name,
        help,
        labelNames: ['namespace', 'operation', 'service_name'],
        buckets: LATENCY_BUCKETS,
        registers: [registry],
      });
    this.short = histogram(
      'temporal_request_latency',
      `Latency of the starts and messages sent to the target (service_name="${SERVICE_NAME}") and of the SDK's own calls`,
    );
    this.long = histogram(
      'temporal_long_request_latency',
      `Latency of the long polls for completions (service_name="${SERVICE_NAME}") and of the SDK's own long polls`,
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

  observe(namespace: string, operation: string, durationMs: number): void {
    this.operations.add(operation);
    const histogram = operation === LONG_POLL ? this.long : this.short;
    histogram.observe({ namespace, operation, service_name: SERVICE_NAME }, durationMs / 1000);
  }

  private drop(namespace: string): void {
    this.lanes.delete(namespace);
    for (const operation of this.operations)
      for (const histogram of [this.short, this.long])
        histogram.remove({ namespace, operation, service_name: SERVICE_NAME });
  }
}
