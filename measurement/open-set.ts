/**
 * Which arrivals of a lane are settled, so that a successor knows what is in doubt (I5): a low-water mark, below
 * which everything is settled, and a bitmap of what is still open between it and the next arrival to be sent.
 */
export interface EncodedCursor {
  /** Everything below is settled and in the ledger. */
  readonly low: number;
  /** The first sequence that has not been taken up. */
  readonly next: number;
  /** Bit i, least significant first: sequence low + i is open. base64. */
  readonly open: string;
}

export class OpenSet {
  private readonly open = new Set<number>();
  private nextSequence: number;

  constructor(next = 0) {
    this.nextSequence = next;
  }

  /** Takes up the next arrival; it stays open until {@link settle}. Sequences are taken up in order. */
  take(sequence: number): void {
    if (sequence !== this.nextSequence) throw new RangeError(`took up ${sequence}, expected ${this.nextSequence}`);
    this.nextSequence += 1;
    this.open.add(sequence);
  }

  settle(sequence: number): void {
    this.open.delete(sequence);
  }

  get size(): number {
    return this.open.size;
  }

  encode(): EncodedCursor {
    const next = this.nextSequence;
    // Insertion order is ascending, so the first element is the lowest.
    const low = this.open.values().next().value ?? next;
    const bytes = new Uint8Array(Math.ceil((next - low) / 8));
    for (const sequence of this.open) bytes[(sequence - low) >> 3]! |= 1 << ((sequence - low) & 7);
    return { low, next, open: Buffer.from(bytes).toString('base64') };
  }
}

/** The sequences that were open when the cursor was recorded, ascending. */
export function openSequences({ low, open }: EncodedCursor): number[] {
  const bytes = Buffer.from(open, 'base64');
  const sequences: number[] = [];
  bytes.forEach((byte, i) => {
    for (let bit = 0; bit < 8; bit += 1) if (byte & (1 << bit)) sequences.push(low + i * 8 + bit);
  });
  return sequences;
}
