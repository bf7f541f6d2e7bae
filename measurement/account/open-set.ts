/**
 * The settled arrivals of a lane, from which a successor derives what is in doubt (I5): a low-water mark, below which all
 * arrivals are settled, and a bitmap of the open arrivals between it and the next arrival to be sent.
 */
export interface EncodedCursor {
  /** All arrivals below are settled and in the ledger. */
  readonly low: number;
  /** The first sequence that has not been taken. */
  readonly next: number;
  /** Bit i, least significant first: sequence low + i is open. base64. */
  readonly open: string;
}

/** The arrivals of a lane that have been taken but not settled. */
export class OpenSet {
  private readonly open = new Set<number>();
  private nextSequence: number;

  constructor(next = 0) {
    this.nextSequence = next;
  }

  /** Takes the next arrival, which stays open until {@link settle}. Throws RangeError if the sequence is not the next one. */
  take(sequence: number): void {
    if (sequence !== this.nextSequence)
      throw new RangeError(`sequence ${sequence} is out of order: expected ${this.nextSequence}`);
    this.nextSequence += 1;
    this.open.add(sequence);
  }

  settle(sequence: number): void {
    this.open.delete(sequence);
  }

  get size(): number {
    return this.open.size;
  }

  /** @param through arrivals below it count as taken too: their owner sends them after this last record */
  encode(through = 0): EncodedCursor {
    const next = Math.max(this.nextSequence, through);
    // Insertion order is ascending, so the first element is the lowest.
    const low = this.open.values().next().value ?? this.nextSequence;
    const bytes = new Uint8Array(Math.ceil((next - low) / 8));
    const mark = (sequence: number) => (bytes[(sequence - low) >> 3]! |= 1 << ((sequence - low) & 7));
    this.open.forEach(mark);
    for (let sequence = this.nextSequence; sequence < next; sequence += 1) mark(sequence);
    return { low, next, open: Buffer.from(bytes).toString('base64') };
  }
}

/** Returns the sequences that were open when the cursor was recorded, in ascending order. Workflows call it, too. */
export function openSequences({ low, open }: EncodedCursor): number[] {
  const sequences: number[] = [];
  // A character of base64 has six bits. The bits of a byte are numbered from the least significant one.
  for (const [i, character] of [...open.replace(/=+$/, '')].entries()) {
    const sixBits = BASE64.indexOf(character);
    for (let bit = 0; bit < 6; bit += 1) {
      if ((sixBits & (32 >> bit)) === 0) continue;
      const fromStart = i * 6 + bit;
      sequences.push(low + (fromStart & ~7) + (7 - (fromStart & 7)));
    }
  }
  return sequences.sort((a, b) => a - b);
}

const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
