import { Gauge, type Registry } from 'prom-client';
import type { QueueSample, QueueType } from '../../measurement/server/target';

/** The metrics of the run's task queues on the target, from the last sample of the control role. */
export class QueueMetrics {
  private readonly backlog: Gauge;
  private readonly age: Gauge;
  private readonly added: Gauge;
  private readonly dispatched: Gauge;

  constructor(registry: Registry) {
    const gauge = (name: string, help: string) =>
      new Gauge({ name, help, labelNames: ['type'], registers: [registry] });
    this.backlog = gauge('benchmark_task_queue_backlog', "Approximate number of tasks waiting in the run's task queue");
    this.age = gauge('benchmark_task_queue_backlog_age_seconds', 'Age of the oldest waiting task');
    this.added = gauge('benchmark_task_queue_added_per_second', 'Tasks added to the task queue per second');
    this.dispatched = gauge('benchmark_task_queue_dispatched_per_second', 'Tasks dispatched to workers per second');
  }

  set(type: QueueType, sample: QueueSample): void {
    this.backlog.set({ type }, sample.backlog);
    this.age.set({ type }, sample.ageMs / 1000);
    this.added.set({ type }, sample.addedPerSecond);
    this.dispatched.set({ type }, sample.dispatchedPerSecond);
  }
}
