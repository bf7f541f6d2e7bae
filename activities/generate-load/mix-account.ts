import { decodeHistogram, emptyHistogram, encodeHistogram, recordMs } from '../../measurement/account/histogram';
import { PART_DIGITS, type MixPartCounts } from '../../measurement/account/mix';

type Part = Pick<MixPartCounts, 'workload'> & {
  scheduled: number;
  acknowledged: number;
  completed: number;
  failed: number;
  latency: ReturnType<typeof emptyHistogram>;
};

/** The accounts of the workloads of a mix, in addition to the lane's account. A run with one workload has none. */
export class MixAccount {
  private parts: Part[];

  constructor(workloads: readonly string[]) {
    this.parts =
      workloads.length < 2
        ? []
        : workloads.map((workload) => {
            const latency = emptyHistogram(PART_DIGITS);
            return { workload, scheduled: 0, acknowledged: 0, completed: 0, failed: 0, latency };
          });
  }

  resume(from: readonly MixPartCounts[]): void {
    this.parts = from.map((part) => ({ ...part, latency: decodeHistogram(part.latency) }));
  }

  count(kind: number, what: 'scheduled' | 'acknowledged' | 'failed'): void {
    const part = this.parts[kind];
    if (part) part[what] += 1;
  }

  complete(kind: number, latencyMs: number): void {
    const part = this.parts[kind];
    if (!part) return;
    part.completed += 1;
    recordMs(part.latency, latencyMs);
  }

  encode(): MixPartCounts[] {
    return this.parts.map((part) => ({ ...part, latency: encodeHistogram(part.latency) }));
  }
}
