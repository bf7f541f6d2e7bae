import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { LaneObserver } from '../../activities/generate-load/lane-observer';
import { SdkNamedMetrics } from './sdk-named-metrics';
import { LATENCY_BUCKETS } from './sdk-runtime';

/** The generator's metrics. Names are stable and labels are bounded: none contains a run, a lane or an id. */
export class LaneMetrics {
  readonly registry = new Registry();
  private readonly sdk = new SdkNamedMetrics(this.registry);
  private readonly scheduledTotal = this.counter(
    'benchmark_workflows_scheduled_total',
    'Arrivals that have become due',
  );
  private readonly sentTotal = this.counter('benchmark_workflows_sent_total', 'Starts sent');
  private readonly acknowledgedTotal = this.counter(
    'benchmark_workflows_acknowledged_total',
    'Starts that the server acknowledged',
  );
  private readonly recoveredTotal = this.counter(
    'benchmark_workflows_recovered_total',
    'Starts that the server had already accepted from an earlier attempt',
  );
  private readonly rejectedTotal = new Counter({
    name: 'benchmark_workflows_rejected_total',
    help: 'Starts that were rejected or not answered, by gRPC code and, for RESOURCE_EXHAUSTED, by cause and scope',
    labelNames: ['workload', 'code', 'cause', 'scope'],
    registers: [this.registry],
  });
  private readonly skippedTotal = new Counter({
    name: 'benchmark_workflows_skipped_total',
    help: 'Arrivals that were not sent, by reason',
    labelNames: ['workload', 'reason'],
    registers: [this.registry],
  });
  private readonly closedTotal = new Counter({
    name: 'benchmark_workflows_total',
    help: 'Workflows that were observed to close, by result',
    labelNames: ['workload', 'result'],
    registers: [this.registry],
  });
  private readonly latency = this.histogram(
    'benchmark_workflow_latency_seconds',
    'Time from the due time of an arrival to the completion of its workflow',
  );
  private readonly lag = this.histogram(
    'benchmark_schedule_lag_seconds',
    'Time from the due time of an arrival to its send',
  );
  private readonly request = new Histogram({
    name: 'benchmark_request_latency_seconds',
    help: 'Latency of calls to the target, by operation and gRPC code; GetWorkflowExecutionHistory is the long poll for a completion, Poll… that for a task',
    labelNames: ['operation', 'code'],
    buckets: LATENCY_BUCKETS,
    registers: [this.registry],
  });
  private readonly inFlight = this.gauge('benchmark_in_flight', 'Starts without an answer');
  private readonly awaited = this.gauge('benchmark_awaited', 'Completions that are awaited');
  private readonly targetRate = this.gauge(
    'benchmark_target_rate_per_second',
    'Planned starts per second at this time',
  );
  private readonly achievedRate = this.gauge(
    'benchmark_achieved_rate_per_second',
    'Starts acknowledged per second, over the last second',
  );
  private readonly throughput = this.gauge(
    'benchmark_throughput_per_second',
    'Completions per second, over the last second',
  );

  /**
   * Returns the observer of one lane of one step. Lanes of consecutive steps overlap, so gauges are sums over lanes. Gauges
   * are labeled with the workload of the run, which may be a mix; counters are labeled with the workloads in it.
   */
  lane(workload: string, namespace: string): LaneObserver & { end(): void } {
    this.sdk.begin(namespace);
    const current = { inFlight: 0, awaited: 0, targetRate: 0, achieved: 0, completed: 0 };
    let acknowledged = 0;
    let completed = 0;
    let since = performance.now();
    const change = (gauge: Gauge, from: number, to: number) => (gauge.inc({ workload }, to - from), to);
    const gauges: LaneObserver['gauges'] = ({ inFlight, awaited, targetRate }) => {
      const seconds = Math.max(0.001, (performance.now() - since) / 1000);
      since = performance.now();
      current.inFlight = change(this.inFlight, current.inFlight, inFlight);
      current.awaited = change(this.awaited, current.awaited, awaited);
      current.targetRate = change(this.targetRate, current.targetRate, targetRate);
      current.achieved = change(this.achievedRate, current.achieved, acknowledged / seconds);
      current.completed = change(this.throughput, current.completed, completed / seconds);
      acknowledged = completed = 0;
    };
    return {
      scheduled: (kind) => this.scheduledTotal.inc({ workload: kind }),
      sent: (kind, lagMs) => {
        this.sentTotal.inc({ workload: kind });
        this.lag.observe({ workload: kind }, Math.max(0, lagMs) / 1000);
      },
      acknowledged: (kind) => {
        acknowledged += 1;
        this.acknowledgedTotal.inc({ workload: kind });
      },
      recovered: (kind) => this.recoveredTotal.inc({ workload: kind }),
      failed: (kind, entry) => {
        const [code = '', cause = '', scope = ''] = entry.split('/');
        this.rejectedTotal.inc({ workload: kind, code, cause, scope });
      },
      skipped: (kind, reason) => this.skippedTotal.inc({ workload: kind, reason }),
      completed: (kind, latencyMs) => {
        completed += 1;
        this.closedTotal.inc({ workload: kind, result: 'completed' });
        this.latency.observe({ workload: kind }, latencyMs / 1000);
      },
      closedOtherwise: (kind, result) => this.closedTotal.inc({ workload: kind, result }),
      requested: (operation, code, durationMs) => {
        this.request.observe({ operation, code }, durationMs / 1000);
        this.sdk.request(namespace, operation, code, durationMs);
      },
      taskTaken: (type, waitedMs) => this.sdk.task(namespace, type, waitedMs),
      executed: (endToEndMs) => this.sdk.closed(namespace, endToEndMs),
      gauges,
      end: () => {
        // What happened since the last second is in the counters. The rates of a lane that has ended are 0.
        acknowledged = completed = 0;
        gauges({ inFlight: 0, awaited: 0, targetRate: 0 });
        this.sdk.end(namespace);
      },
    };
  }

  private counter(name: string, help: string) {
    return new Counter({ name, help, labelNames: ['workload'], registers: [this.registry] });
  }

  private gauge(name: string, help: string) {
    return new Gauge({ name, help, labelNames: ['workload'], registers: [this.registry] });
  }

  private histogram(name: string, help: string) {
    return new Histogram({
      name,
      help,
      labelNames: ['workload'],
      buckets: LATENCY_BUCKETS,
      registers: [this.registry],
    });
  }
}
