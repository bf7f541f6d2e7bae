import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { LaneObserver } from '../../activities/generate-load/lane-observer';
import { RequestMetrics } from './request-metrics';
import { LATENCY_BUCKETS } from './sdk-runtime';

/** The generator's own metrics. Names and labels are stable and bounded: none carries a run, a lane or an id. */
export class LaneMetrics {
  readonly registry = new Registry();
  private readonly sdkRequests = new RequestMetrics(this.registry);
  private readonly scheduledTotal = this.counter(
    'benchmark_workflows_scheduled_total',
    'Arrivals whose due time has come',
  );
  private readonly sentTotal = this.counter('benchmark_workflows_sent_total', 'Starts sent');
  private readonly acknowledgedTotal = this.counter(
    'benchmark_workflows_acknowledged_total',
    'Starts the server confirmed',
  );
  private readonly recoveredTotal = this.counter('benchmark_workflows_recovered_total', 'Starts that existed already');
  private readonly rejectedTotal = new Counter({
    name: 'benchmark_workflows_rejected_total',
    help: 'Starts refused or without an answer, by gRPC code and, for RESOURCE_EXHAUSTED, its cause and scope',
    labelNames: ['workload', 'code', 'cause', 'scope'],
    registers: [this.registry],
  });
  private readonly skippedTotal = new Counter({
    name: 'benchmark_workflows_skipped_total',
    help: 'Arrivals that were never sent, by reason',
    labelNames: ['workload', 'reason'],
    registers: [this.registry],
  });
  private readonly closedTotal = new Counter({
    name: 'benchmark_workflows_total',
    help: 'Workflows observed to close, by how',
    labelNames: ['workload', 'result'],
    registers: [this.registry],
  });
  private readonly latency = this.histogram(
    'benchmark_workflow_latency_seconds',
    'From the due time of an arrival to its completion',
  );
  private readonly lag = this.histogram(
    'benchmark_schedule_lag_seconds',
    'From the due time of an arrival to its send',
  );
  private readonly request = new Histogram({
    name: 'benchmark_request_latency_seconds',
    help: 'Calls of the load connection, from the send to the answer, by operation and gRPC code; GetWorkflowExecutionHistory is the long poll for a completion',
    labelNames: ['operation', 'code'],
    buckets: LATENCY_BUCKETS,
    registers: [this.registry],
  });
  private readonly inFlight = this.gauge('benchmark_in_flight', 'Starts without an answer yet');
  private readonly awaited = this.gauge('benchmark_awaited', 'Completions being waited for');
  private readonly targetRate = this.gauge(
    'benchmark_target_rate_per_second',
    'Starts planned per second at this instant',
  );
  private readonly achievedRate = this.gauge(
    'benchmark_achieved_rate_per_second',
    'Starts confirmed per second since the last second',
  );
  private readonly throughput = this.gauge(
    'benchmark_throughput_per_second',
    'Completions per second since the last second',
  );

  /**
   * The observer of one lane of one step. Lanes of neighbouring steps overlap, so gauges add up over them; they are the
   * whole run's, be it a mix, while counters tell its workloads apart.
   */
  lane(workload: string, namespace: string): LaneObserver & { end(): void } {
    this.sdkRequests.begin(namespace);
    const now = { inFlight: 0, awaited: 0, targetRate: 0, achieved: 0, completed: 0 };
    let acknowledged = 0;
    let completed = 0;
    let since = performance.now();
    const add = (gauge: Gauge, before: number, value: number) => (gauge.inc({ workload }, value - before), value);
    const gauges: LaneObserver['gauges'] = ({ inFlight, awaited, targetRate }) => {
      const seconds = Math.max(0.001, (performance.now() - since) / 1000);
      since = performance.now();
      now.inFlight = add(this.inFlight, now.inFlight, inFlight);
      now.awaited = add(this.awaited, now.awaited, awaited);
      now.targetRate = add(this.targetRate, now.targetRate, targetRate);
      now.achieved = add(this.achievedRate, now.achieved, acknowledged / seconds);
      now.completed = add(this.throughput, now.completed, completed / seconds);
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
        this.sdkRequests.observe(namespace, operation, durationMs);
      },
      gauges,
      end: () => {
        gauges({ inFlight: 0, awaited: 0, targetRate: 0 });
        this.sdkRequests.end(namespace);
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
