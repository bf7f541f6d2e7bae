import { createHistogram } from 'node:perf_hooks';
import { summarizeWindows } from '../../measurement/judging/generator-windows';
import { WINDOW_MS, type GeneratorWindow } from '../../measurement/account/generator-audit';
import type { GeneratorAudit, MachineFacts } from '../../measurement/account/generator-audit';
import { ProcessAudit } from './audit';
import type { Anchor } from './clock';

/** A last window shorter than this is not judged. */
const SHORTEST_MS = WINDOW_MS / 2;

/** The audit of one attempt at a lane, from its arming to its end. */
export class LaneAudit {
  observerRetries = 0;
  private maxInFlight = 0;
  private readonly process = new ProcessAudit();
  private measured?: ReturnType<ProcessAudit['stop']>;
  private readonly windows: GeneratorWindow[] = [];
  private window?: { readonly startMs: number; readonly process: ProcessAudit };
  /** Microseconds, from 1: a histogram of Node's own costs nothing to record into. */
  private readonly lag = createHistogram();

  constructor(
    private readonly identity: string,
    private readonly attempts: number,
    private readonly machine?: MachineFacts,
  ) {}

  sent(lagMs: number): void {
    this.lag.record(Math.max(1, Math.round(lagMs * 1000)));
  }

  /** @param atMs the time on the step's clock; only while the step's load goes on are windows kept */
  sample(inFlight: number, atMs: number, isOn: boolean): void {
    this.maxInFlight = Math.max(this.maxInFlight, inFlight);
    this.process.sample();
    if (this.window && this.window.process.elapsedMs >= WINDOW_MS) this.closeWindow();
    if (isOn && !this.window) this.window = { startMs: atMs, process: new ProcessAudit() };
  }

  /** The load is over: what the process does while it waits for completions is no evidence about its pacing. */
  loadOver(): void {
    if (this.measured) return;
    if (this.window && this.window.process.elapsedMs >= SHORTEST_MS) this.closeWindow();
    this.window?.process.stop();
    this.window = undefined;
    this.measured = this.process.stop();
  }

  finish({ offsetMs, uncertaintyMs }: Anchor, capLowered: number, startP50Ms: number): GeneratorAudit {
    this.loadOver();
    const { eventLoopUtilization, eventLoopDelayP99Ms, cpuThrottledShare, maxResidentBytes } = this.measured!;
    return {
      ...{ eventLoopUtilization, eventLoopDelayP99Ms, cpuThrottledShare, maxResidentBytes },
      identity: this.identity,
      attempts: this.attempts,
      clockOffsetMs: Math.round(offsetMs * 1000) / 1000,
      clockUncertaintyMs: Math.round(uncertaintyMs * 1000) / 1000,
      observerRetries: this.observerRetries,
      maxInFlight: this.maxInFlight,
      capLowered,
      windows: summarizeWindows(this.windows, startP50Ms),
      machine: this.machine,
    };
  }

  private closeWindow(): void {
    const { startMs, process } = this.window!;
    const { maxResidentBytes: _, ...measured } = process.stop();
    const sent = this.lag.count;
    const lagP95Ms = sent === 0 ? 0 : this.lag.percentile(95) / 1000;
    this.windows.push({ startMs, ...measured, sent: Number(sent), lagP95Ms });
    this.lag.reset();
    this.window = undefined;
  }
}
