import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { monitorEventLoopDelay, performance, type EventLoopUtilization } from 'node:perf_hooks';

/** The resolution of the delay monitor, which the monitor adds to every sample. Milliseconds. */
const RESOLUTION_MS = 10;

/** Measures the generator process over a time window: event loop, CPU and memory (law 8). */
export class ProcessAudit {
  private readonly delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  private readonly loopAtStart: EventLoopUtilization;
  private readonly throttledAtStart = throttledMs();
  private readonly cpuAtStart = process.cpuUsage();
  private readonly machineAtStart = machineTimes();
  private readonly startedAt = performance.now();
  private resident = 0;

  constructor() {
    this.delay.enable();
    this.loopAtStart = performance.eventLoopUtilization();
  }

  get elapsedMs(): number {
    return performance.now() - this.startedAt;
  }

  /** Samples the memory of the process. */
  sample(): void {
    this.resident = Math.max(this.resident, process.memoryUsage.rss());
  }

  stop() {
    this.delay.disable();
    this.sample();
    const { elapsedMs, throttledAtStart, machineAtStart } = this;
    const throttled = throttledMs();
    const machine = machineTimes();
    const used = process.cpuUsage(this.cpuAtStart);
    return {
      eventLoopUtilization: round(performance.eventLoopUtilization(this.loopAtStart).utilization),
      eventLoopDelayP99Ms: round(Math.max(0, this.delay.percentile(99) / 1e6 - RESOLUTION_MS)),
      cpuThrottledShare:
        throttled === null || throttledAtStart === null ? null : round((throttled - throttledAtStart) / elapsedMs),
      cpuCores: round((used.user + used.system) / 1000 / elapsedMs),
      machineBusyShare:
        machine.all === machineAtStart.all
          ? null
          : round((machine.busy - machineAtStart.busy) / (machine.all - machineAtStart.all)),
      maxResidentBytes: this.resident,
    };
  }
}

/** Returns the busy and total time of all CPUs of the machine since it booted. */
function machineTimes(): { busy: number; all: number } {
  const times = cpus().map((cpu) => cpu.times);
  const all = times.reduce((sum, { user, nice, sys, idle, irq }) => sum + user + nice + sys + idle + irq, 0);
  return { all, busy: all - times.reduce((sum, { idle }) => sum + idle, 0) };
}

/** Returns how long the processes of this cgroup have been throttled, milliseconds; null without cgroup v2. */
function throttledMs(): number | null {
  try {
    const path = /^0::(.*)$/m.exec(readFileSync('/proc/self/cgroup', 'utf8'))?.[1] ?? '/';
    for (const candidate of [`/sys/fs/cgroup${path}/cpu.stat`, '/sys/fs/cgroup/cpu.stat']) {
      try {
        const usec = /^throttled_usec (\d+)$/m.exec(readFileSync(candidate, 'utf8'))?.[1];
        if (usec !== undefined) return Number(usec) / 1000;
      } catch {
        continue;
      }
    }
  } catch {
    return null;
  }
  return null;
}

function round(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}
