import { Gauge, type Registry } from 'prom-client';
import type { QueueObserver } from '../../activities/observe/observe-target';
import type { QueueSample, QueueType } from '../../measurement/server/target';

/** The metrics of the run's task queues on the target, from the last sample of the control role. */
export class QueueMetrics {
  private readonly backlog: Gauge;
  private readonly age: Gauge;
  private readonly added: Gauge;
  private readonly dispatched: Gauge;
  /** The number of steps that are observed. Consecutive ones overlap. */
  private observed = 0;

  constructor(registry: Registry) {
    const gauge = (name: string, help: string) =>
      new Gauge({ name, help, labelNames: ['type'], registers: [registry] });
    this.backlog = gauge('benchmark_task_queue_backlog', "Approximate number of tasks waiting in the run's task queue");
    this.age = gauge('benchmark_task_queue_backlog_age_seconds', 'Age of the oldest waiting task');
    this.added = gauge('benchmark_task_queue_added_per_second', 'Tasks added to the task queue per second');
    this.dispatched = gauge('benchmark_task_queue_dispatched_per_second', 'Tasks dispatched to workers per second');
  }

  /** Returns the observer of one step. When no step is observed, the metrics have no value: nobody knows it. */
  observe(): QueueObserver {
    this.observed += 1;
    return {
      sample: (type, sample) => this.set(type, sample),
      end: () => {
        this.observed -= 1;
        if (this.observed > 0) return;
        for (const gauge of [this.backlog, this.age, this.added, this.dispatched]) gauge.reset();
      },
    };
  }

  private set(type: QueueType, sample: QueueSample): void {
    this.backlog.set({ type }, sample.backlog);
    this.age.set({ type }, sample.ageMs / 1000);
    this.added.set({ type }, sample.addedPerSecond);
    this.dispatched.set({ type }, sample.dispatchedPerSecond);
  }
}
