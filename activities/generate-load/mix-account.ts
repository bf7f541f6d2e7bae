import { decodeHistogram, encodeHistogram, recordMs } from '../../measurement/account/histogram';
import { emptyParts, type MixPartCounts } from '../../measurement/account/mix';

type Part = Pick<MixPartCounts, 'workload'> & {
  scheduled: number;
  acknowledged: number;
  completed: number;
  failed: number;
  latency: ReturnType<typeof decodeHistogram>;
};

/** The accounts of the workloads of a mix, in addition to the lane's account. A run with one workload has none. */
export class MixAccount {
  private parts: Part[];

  constructor(workloads: readonly string[]) {
    this.parts = emptyParts(workloads).map(decoded);
  }

  resume(from: readonly MixPartCounts[]): void {
    this.parts = from.map(decoded);
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

function decoded(part: MixPartCounts): Part {
  return { ...part, latency: decodeHistogram(part.latency) };
}
