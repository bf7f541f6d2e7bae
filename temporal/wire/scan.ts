import { WireType } from './encode';

const GROUP = 2 ** 28;

/**
 * Walks the fields of one protobuf message without decoding it. After {@link next} returned true, `field` is the
 * field's number, `int` its value if it is a varint, and `start` and `end` are its bytes if it is length-delimited.
 * Throws if the message is malformed.
 */
export class Fields {
  field = 0;
  wire: WireType = WireType.Varint;
  /** Exact between −2^53 and 2^53. */
  int = 0;
  start = 0;
  end = 0;
  private at: number;

  constructor(
    private readonly buffer: Buffer,
    start = 0,
    private readonly limit = buffer.length,
  ) {
    this.at = start;
  }

  next(): boolean {
    if (this.at >= this.limit) {
      if (this.at > this.limit) throw malformed();
      return false;
    }
    const tag = this.varint();
    this.field = Math.floor(tag / 8);
    this.wire = tag % 8;
    switch (this.wire) {
      case WireType.Varint:
        this.int = this.varint();
        break;
      case WireType.Delimited: {
        const length = this.varint();
        this.start = this.at;
        this.end = this.at += length;
        break;
      }
      case WireType.Fixed64:
        this.at += 8;
        break;
      case WireType.Fixed32:
        this.at += 4;
        break;
      default:
        throw malformed();
    }
    if (this.at > this.limit) throw malformed();
    return true;
  }

  bytes(): Buffer {
    return this.buffer.subarray(this.start, this.end);
  }

  string(): string {
    return this.buffer.toString('utf8', this.start, this.end);
  }

  /** The fields of the embedded message that the current field holds. */
  nested(): Fields {
    return new Fields(this.buffer, this.start, this.end);
  }

  private varint(): number {
    const { buffer } = this;
    let low = 0;
    let high = 0;
    for (let i = 0; i < 10; i += 1) {
      if (this.at >= this.limit) throw malformed();
      const byte = buffer[this.at++]!;
      if (i < 4) low += (byte & 127) * 2 ** (7 * i);
      else high += (byte & 127) * 2 ** (7 * (i - 4));
      if (byte < 128) {
        // Ten bytes are a negative number: the upper 36 of its 64 bits stand in `high`.
        if (i === 9) high = (high % 2 ** 36) - 2 ** 36;
        return high * GROUP + low;
      }
    }
    throw malformed();
  }
}

function malformed(): Error {
  return new Error('malformed protobuf message: a field does not fit its length');
}
