/** The wire types of protobuf that the encoder and the scanner know. */
export const enum WireType {
  Varint = 0,
  Fixed64 = 1,
  Delimited = 2,
  Fixed32 = 5,
}

/** Bytes before each gRPC message: a compression flag and the message's length. */
export const FRAME_PREFIX_BYTES = 5;

const INITIAL_BYTES = 16 * 1024;
/** A buffer that one huge message made larger than this is not kept. */
const KEPT_BYTES = 4 * 1024 * 1024;
/** The longest tag and length of a field. */
const FIELD_OVERHEAD_BYTES = 20;

/**
 * Writes protobuf fields into one buffer that it reuses, and returns the finished gRPC frame as a copy. Constant parts
 * of a message are written by {@link raw} from bytes that were encoded once. As in proto3, empty strings, empty bytes
 * and zeros are omitted.
 */
export class Encoder {
  private buffer = Buffer.allocUnsafe(INITIAL_BYTES);
  private at = FRAME_PREFIX_BYTES;

  /** Discards what was written before. */
  begin(): this {
    if (this.buffer.length > KEPT_BYTES) this.buffer = Buffer.allocUnsafe(INITIAL_BYTES);
    this.at = FRAME_PREFIX_BYTES;
    return this;
  }

  /** Appends fields that are encoded already. */
  raw(fields: Uint8Array): this {
    this.reserve(fields.length);
    this.buffer.set(fields, this.at);
    this.at += fields.length;
    return this;
  }

  string(field: number, value: string): this {
    if (value === '') return this;
    this.reserve(value.length * 3);
    this.tag(field, WireType.Delimited);
    const start = this.at;
    // Most lengths fit one byte; the text moves if its length does not.
    const bytes = this.buffer.write(value, start + 1);
    this.closeDelimited(start, bytes);
    return this;
  }

  bytes(field: number, value: Uint8Array): this {
    return value.length === 0 ? this : this.embedded(field, value);
  }

  /** A message whose fields are encoded already; unlike {@link bytes} it is written when it is empty, too. */
  embedded(field: number, value: Uint8Array): this {
    this.reserve(value.length);
    this.tag(field, WireType.Delimited);
    this.varint(value.length);
    this.buffer.set(value, this.at);
    this.at += value.length;
    return this;
  }

  /** @param value an integer from 0 to 2^53 */
  int(field: number, value: number): this {
    if (value === 0) return this;
    this.reserve(0);
    this.tag(field, WireType.Varint);
    this.varint(value);
    return this;
  }

  /** Begins an embedded message. {@link close} takes the returned mark and ends it. */
  open(field: number): number {
    this.reserve(0);
    this.tag(field, WireType.Delimited);
    this.at += 1;
    return this.at - 1;
  }

  close(mark: number): this {
    const bytes = this.at - mark - 1;
    this.reserve(0);
    this.at = mark;
    this.closeDelimited(mark, bytes);
    return this;
  }

  /** The message as it travels: prefix and fields, in a buffer of its own. */
  frame(): Buffer {
    const frame = Buffer.allocUnsafe(this.at);
    this.buffer.copy(frame, 0, 0, this.at);
    frame[0] = 0;
    frame.writeUInt32BE(this.at - FRAME_PREFIX_BYTES, 1);
    return frame;
  }

  /** The fields without a frame's prefix, e.g. for {@link raw}. */
  message(): Buffer {
    return Buffer.from(this.buffer.subarray(FRAME_PREFIX_BYTES, this.at));
  }

  /** Writes the length of content that stands one byte after `start`. */
  private closeDelimited(start: number, bytes: number): void {
    const extra = varintBytes(bytes) - 1;
    if (extra > 0) this.buffer.copyWithin(start + 1 + extra, start + 1, start + 1 + bytes);
    this.varint(bytes);
    this.at += bytes;
  }

  private tag(field: number, wire: WireType): void {
    this.varint(field * 8 + wire);
  }

  private varint(value: number): void {
    const { buffer } = this;
    while (value > 127) {
      buffer[this.at++] = (value % 128) | 128;
      value = Math.floor(value / 128);
    }
    buffer[this.at++] = value;
  }

  private reserve(bytes: number): void {
    const needed = this.at + bytes + FIELD_OVERHEAD_BYTES;
    if (needed <= this.buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(needed, this.buffer.length * 2));
    this.buffer.copy(larger, 0, 0, this.at);
    this.buffer = larger;
  }
}

function varintBytes(value: number): number {
  let bytes = 1;
  while (value > 127) {
    value = Math.floor(value / 128);
    bytes += 1;
  }
  return bytes;
}

/** A message that {@link WireChannel.unary} can send. */
export function frameOf(message: Uint8Array): Buffer {
  return new Encoder().raw(message).frame();
}
