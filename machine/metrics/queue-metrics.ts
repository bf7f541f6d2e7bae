import { Gauge, type Registry } from 'prom-client';
import type { QueueSample, QueueType } from '../../measurement/server/target';

/** The run's task queues on the target, as the control role last saw them. */
export class QueueMetrics {
  private readonly backlog: Gauge;
  private readonly age: Gauge;
  private readonly added: Gauge;
  private readonly dispatched: Gauge;

  constructor(registry: Registry) {
    const gauge = (name: string, help: string) =>
      new Gauge({ name, help, labelNames: ['type'], registers: [registry] });
    this.backlog = gauge('benchmark_task_queue_backlog', "Tasks waiting in the run's queue, approximately");
    this.age = gauge('benchmark_task_queue_backlog_age_seconds', 'How long the oldest of them has been waiting');
    this.added = gauge('benchmark_task_queue_added_per_second', 'Tasks added to the queue');
    this.dispatched = gauge('benchmark_task_queue_dispatched_per_second', 'Tasks handed to workers');
  }

  note(type: QueueType, look: QueueSample): void {
    this.backlog.set({ type }, look.backlog);
    this.age.set({ type }, look.ageMs / 1000);
    this.added.set({ type }, look.addedPerSecond);
    this.dispatched.set({ type }, look.dispatchedPerSecond);
  }
}
