import { createHistogram } from 'node:perf_hooks';
import { summarizeWindows } from '../../measurement/judging/generator-windows';
import { WINDOW_MS, type GeneratorWindow } from '../../measurement/account/generator-audit';
import type { GeneratorAudit, MachineFacts } from '../../measurement/account/generator-audit';
import { ProcessAudit } from './process-audit';
import type { Anchor } from './clock';

/** A last window that is shorter than this is dropped. */
const MIN_LAST_WINDOW_MS = WINDOW_MS / 2;

/** The audit of the generator process during one attempt at a lane. */
export class LaneAudit {
  observerRetries = 0;
  private maxInFlight = 0;
  private readonly process = new ProcessAudit();
  private usage?: ReturnType<ProcessAudit['stop']>;
  private readonly windows: GeneratorWindow[] = [];
  private window?: { readonly startMs: number; readonly process: ProcessAudit };
  /** Schedule lag in the current window, microseconds, at least 1. Recording into Node's built-in histogram is cheap. */
  private readonly lag = createHistogram();

  constructor(
    private readonly identity: string,
    private readonly attempts: number,
    private readonly machine?: MachineFacts,
  ) {}

  sent(lagMs: number): void {
    this.lag.record(Math.max(1, Math.round(lagMs * 1000)));
  }

  /**
   * Samples the process. Windows cover only the time in which the lane sends.
   *
   * @param atMs milliseconds since the start of the step
   */
  sample(inFlight: number, atMs: number, isSending: boolean): void {
    this.maxInFlight = Math.max(this.maxInFlight, inFlight);
    this.process.sample();
    if (this.window && this.window.process.elapsedMs >= WINDOW_MS) this.closeWindow();
    if (isSending && !this.window) this.window = { startMs: atMs, process: new ProcessAudit() };
  }

  /** Ends the measurement when the load ends: waiting for completions says nothing about the pacing. */
  loadOver(): void {
    if (this.usage) return;
    if (this.window && this.window.process.elapsedMs >= MIN_LAST_WINDOW_MS) this.closeWindow();
    this.window?.process.stop();
    this.window = undefined;
    this.usage = this.process.stop();
  }

  finish({ offsetMs, uncertaintyMs }: Anchor, capLowered: number, lagLimitMs: number): GeneratorAudit {
    this.loadOver();
    const { eventLoopUtilization, eventLoopDelayP99Ms, cpuThrottledShare, maxResidentBytes } = this.usage!;
    return {
      ...{ eventLoopUtilization, eventLoopDelayP99Ms, cpuThrottledShare, maxResidentBytes },
      identity: this.identity,
      attempts: this.attempts,
      clockOffsetMs: Math.round(offsetMs * 1000) / 1000,
      clockUncertaintyMs: Math.round(uncertaintyMs * 1000) / 1000,
      observerRetries: this.observerRetries,
      maxInFlight: this.maxInFlight,
      capLowered,
      windows: summarizeWindows(this.windows, lagLimitMs),
      machine: this.machine,
    };
  }

  private closeWindow(): void {
    const { startMs, process } = this.window!;
    const { maxResidentBytes: _, ...usage } = process.stop();
    const sent = this.lag.count;
    const lagP95Ms = sent === 0 ? 0 : this.lag.percentile(95) / 1000;
    this.windows.push({ startMs, ...usage, sent: Number(sent), lagP95Ms });
    this.lag.reset();
    this.window = undefined;
  }
}
