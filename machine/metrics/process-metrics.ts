import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Counter, Gauge, type Registry } from 'prom-client';

const RESOLUTION_MS = 10;

/** Adds the metrics that every role process has. */
export function addProcessMetrics(registry: Registry): void {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  new Gauge({
    name: 'benchmark_event_loop_delay_seconds',
    help: '99th percentile of the event loop delay since the last scrape, minus the resolution of the measurement',
    registers: [registry],
    collect() {
      this.set(Math.max(0, delay.percentile(99) / 1e9 - RESOLUTION_MS / 1000));
      delay.reset();
    },
  });
  new Counter({
    name: 'benchmark_process_cpu_seconds_total',
    help: 'CPU time of the process, in user and kernel mode',
    registers: [registry],
    collect() {
      const { user, system } = process.cpuUsage();
      this.reset();
      this.inc((user + system) / 1e6);
    },
  });
  new Gauge({
    name: 'benchmark_process_resident_memory_bytes',
    help: 'Resident memory of the process',
    registers: [registry],
    collect() {
      this.set(process.memoryUsage.rss());
    },
  });
}
