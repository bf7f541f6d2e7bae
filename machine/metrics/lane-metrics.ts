import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { LaneObserver } from '../../activities/generate-load/lane-observer';
import { SdkNamedMetrics } from './sdk-named-metrics';
import { LATENCY_BUCKETS } from './sdk-runtime';

/** What the gauges show of one lane. */
interface Levels {
  inFlight: number;
  awaited: number;
  targetRate: number;
  achieved: number;
  completed: number;
}

/** The generator's metrics. Names are stable and labels are bounded: none contains a run, a lane or an id. */
export class LaneMetrics {
  readonly registry = new Registry();
  private readonly sdk = new SdkNamedMetrics(this.registry);
  /** The lanes that have not ended, by workload. */
  private readonly lanes = new Map<string, Set<Levels>>();
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
    const levels: Levels = { inFlight: 0, awaited: 0, targetRate: 0, achieved: 0, completed: 0 };
    const lanes = this.lanes.get(workload) ?? new Set();
    this.lanes.set(workload, lanes.add(levels));
    let acknowledged = 0;
    let completed = 0;
    let since = performance.now();
    const gauges: LaneObserver['gauges'] = ({ inFlight, awaited, targetRate }) => {
      const seconds = Math.max(0.001, (performance.now() - since) / 1000);
      since = performance.now();
      const [achieved, throughput] = [acknowledged / seconds, completed / seconds];
      Object.assign(levels, { inFlight, awaited, targetRate, achieved, completed: throughput } satisfies Levels);
      acknowledged = completed = 0;
      this.show(workload, lanes);
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
        lanes.delete(levels);
        this.sdk.end(namespace);
      },
    };
  }

  /** Sets the gauges to the sums over the lanes. Not by differences: those of fractions do not add up to 0 in the end. */
  private show(workload: string, lanes: ReadonlySet<Levels>): void {
    const sum = (pick: (levels: Levels) => number) => [...lanes].reduce((all, one) => all + pick(one), 0);
    this.inFlight.set(
      { workload },
      sum(({ inFlight }) => inFlight),
    );
    this.awaited.set(
      { workload },
      sum(({ awaited }) => awaited),
    );
    this.targetRate.set(
      { workload },
      sum(({ targetRate }) => targetRate),
    );
    this.achievedRate.set(
      { workload },
      sum(({ achieved }) => achieved),
    );
    this.throughput.set(
      { workload },
      sum(({ completed }) => completed),
    );
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
