import type { GeneratorAudit, MachineFacts } from '../../measurement/lane';
import { ProcessAudit } from './audit';
import type { Anchor } from './clock';

/** The audit of one attempt at a lane, from its arming to its end. */
export class LaneAudit {
  observerRetries = 0;
  private maxInFlight = 0;
  private readonly process = new ProcessAudit();
  private measured?: ReturnType<ProcessAudit['stop']>;

  constructor(
    private readonly identity: string,
    private readonly attempts: number,
    private readonly machine?: MachineFacts,
  ) {}

  sample(inFlight: number): void {
    this.maxInFlight = Math.max(this.maxInFlight, inFlight);
    this.process.sample();
  }

  /** The load is over: what the process does while it waits for completions is no evidence about its pacing. */
  loadOver(): void {
    this.measured ??= this.process.stop();
  }

  finish({ offsetMs, uncertaintyMs }: Anchor, capLowered: number): GeneratorAudit {
    this.loadOver();
    return {
      ...this.measured!,
      identity: this.identity,
      attempts: this.attempts,
      clockOffsetMs: Math.round(offsetMs * 1000) / 1000,
      clockUncertaintyMs: Math.round(uncertaintyMs * 1000) / 1000,
      observerRetries: this.observerRetries,
      maxInFlight: this.maxInFlight,
      capLowered,
      machine: this.machine,
    };
  }
}
