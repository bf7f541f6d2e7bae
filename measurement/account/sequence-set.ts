/**
 * A set of sequence numbers of a lane, stored as runs [first, length]. Errors occur in runs, so even an hour of them takes
 * little space.
 */
export class SequenceSet {
  private readonly runs: [first: number, length: number][] = [];

  static from(encoded: EncodedSequences): SequenceSet {
    const set = new SequenceSet();
    for (let i = 0; i + 1 < encoded.length; i += 2) set.addRun(encoded[i]!, encoded[i + 1]!);
    return set;
  }

  add(sequence: number): void {
    this.addRun(sequence, 1);
  }

  /** Adds the numbers first … first + length − 1. None of them may be in the set already. */
  addRun(first: number, length: number): void {
    if (length <= 0) return;
    let at = this.runs.length;
    while (at > 0 && this.runs[at - 1]![0] > first) at -= 1;
    const before = this.runs[at - 1];
    const after = this.runs[at];
    const joinsBefore = before !== undefined && before[0] + before[1] === first;
    const joinsAfter = after !== undefined && first + length === after[0];
    if (joinsBefore && joinsAfter) {
      before[1] += length + after[1];
      this.runs.splice(at, 1);
    } else if (joinsBefore) before[1] += length;
    else if (joinsAfter) {
      after[0] = first;
      after[1] += length;
    } else this.runs.splice(at, 0, [first, length]);
  }

  get size(): number {
    return this.runs.reduce((sum, [, length]) => sum + length, 0);
  }

  get runCount(): number {
    return this.runs.length;
  }

  *[Symbol.iterator](): Iterator<number> {
    for (const [first, length] of this.runs) for (let i = 0; i < length; i += 1) yield first + i;
  }

  encode(): EncodedSequences {
    return this.runs.flat();
  }
}

/** Runs as a flat list: first, length, first, length, … */
export type EncodedSequences = readonly number[];
