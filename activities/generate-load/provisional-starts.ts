import type { Provisional } from '../../measurement/account/lane';
import {
  addCounts,
  emptyLedger,
  someExamples,
  total,
  type Examples,
  type Ledger,
} from '../../measurement/account/ledger';
import { SequenceSet } from '../../measurement/account/sequence-set';
import type { FailedStart } from '../../temporal/grpc-errors';
import { encode, MAX_RUNS, sizes } from './causes';

type Counted = Pick<Ledger, 'rejected' | 'unknown' | 'inDoubt'>;

/** The arrivals of a lane whose outcome only the server knows: starts that failed, and arrivals in doubt. */
export class ProvisionalStarts {
  private inDoubt = new SequenceSet();
  private readonly rejected = new Map<string, SequenceSet>();
  private readonly unknown = new Map<string, SequenceSet>();
  /** The first message of each cause. */
  private examples: Examples = {};
  /** What earlier attempts counted without naming the arrivals, because there were too many runs of them. */
  private unnamed: Counted = emptyLedger;

  resume(ledger: Ledger, { rejected, unknown, inDoubt }: Provisional): void {
    for (const [cause, runs] of Object.entries(rejected ?? {})) this.rejected.set(cause, SequenceSet.from(runs));
    for (const [cause, runs] of Object.entries(unknown ?? {})) this.unknown.set(cause, SequenceSet.from(runs));
    this.inDoubt = SequenceSet.from(inDoubt ?? []);
    this.examples = ledger.examples ?? {};
    this.unnamed = {
      rejected: rejected === null ? ledger.rejected : {},
      unknown: unknown === null ? ledger.unknown : {},
      inDoubt: inDoubt === null ? ledger.inDoubt : 0,
    };
  }

  doubt(first: number, length = 1): void {
    this.inDoubt.addRun(first, length);
  }

  fail(sequence: number, { kind, cause, message }: FailedStart): void {
    this.addExample(cause, message);
    const sets = this[kind];
    let set = sets.get(cause);
    if (!set) sets.set(cause, (set = new SequenceSet()));
    set.add(sequence);
  }

  /** Keeps the first message of each cause, also of messages to workflows that failed. */
  addExample(cause: string, message: string): void {
    if (!Object.hasOwn(this.examples, cause)) this.examples = { ...this.examples, [cause]: message };
  }

  /** Returns the counts, as entries of a ledger. */
  counts(): Counted & Pick<Ledger, 'examples'> {
    return {
      rejected: addCounts(this.unnamed.rejected, sizes(this.rejected)),
      unknown: addCounts(this.unnamed.unknown, sizes(this.unknown)),
      inDoubt: this.unnamed.inDoubt + this.inDoubt.size,
      ...someExamples([this.examples]),
    };
  }

  /** Returns the sequences. An entry is null if it has too many runs of them, here or in an earlier attempt. */
  encode(): Provisional {
    const { unnamed } = this;
    return {
      rejected: total(unnamed.rejected) > 0 ? null : encode(this.rejected),
      unknown: total(unnamed.unknown) > 0 ? null : encode(this.unknown),
      inDoubt: unnamed.inDoubt > 0 || this.inDoubt.runCount > MAX_RUNS ? null : this.inDoubt.encode(),
    };
  }
}
