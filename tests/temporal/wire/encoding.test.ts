import fc from 'fast-check';
import { Reader, Writer } from 'protobufjs';
import { Encoder } from '../../../temporal/wire/encode';
import { Fields } from '../../../temporal/wire/scan';

type Tree = readonly (readonly [field: number, value: number | string | Uint8Array | Tree])[];

const field = fc.integer({ min: 1, max: 5000 });
const whole = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 400 });
const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.array(fc.tuple(field, fc.oneof(whole, text, fc.uint8Array({ minLength: 1, maxLength: 400 }), tie('tree'))), {
    maxLength: 6,
    depthIdentifier: 'tree',
  }),
}));

function write(encoder: Encoder, fields: Tree): void {
  for (const [number, value] of fields) {
    if (typeof value === 'number') encoder.int(number, value);
    else if (typeof value === 'string') encoder.string(number, value);
    else if (value instanceof Uint8Array) encoder.bytes(number, value);
    else {
      const mark = encoder.open(number);
      write(encoder, value);
      encoder.close(mark);
    }
  }
}

function writeByLibrary(writer: Writer, fields: Tree): Writer {
  for (const [number, value] of fields) {
    if (typeof value === 'number') writer.uint32(number * 8).uint64(value);
    else if (typeof value === 'string') writer.uint32(number * 8 + 2).string(value);
    else if (value instanceof Uint8Array) writer.uint32(number * 8 + 2).bytes(value);
    else writeByLibrary(writer.uint32(number * 8 + 2).fork(), value).ldelim();
  }
  return writer;
}

test('the encoder writes what the protobuf library writes', () => {
  const encoder = new Encoder();
  fc.assert(
    fc.property(tree, (fields) => {
      write(encoder.begin(), fields);
      const frame = encoder.frame();
      expect(frame.subarray(5)).toEqual(Buffer.from(writeByLibrary(new Writer(), fields).finish()));
      expect(frame.readUInt32BE(1)).toBe(frame.length - 5);
      expect(encoder.message()).toEqual(frame.subarray(5));
    }),
  );
});

test('a message larger than the buffer is written whole, and what follows it too', () => {
  const encoder = new Encoder();
  const large = 'x'.repeat(6_000_000);
  const mark = encoder.begin().open(1);
  encoder.string(1, large).close(mark);
  const reader = new Reader(encoder.message());
  reader.uint32();
  expect(reader.uint32()).toBe(large.length + 5);
  expect(encoder.begin().string(1, 'small').message()).toEqual(Buffer.from('\n\x05small'));
});

test('the scanner reads what the protobuf library wrote, negative numbers included', () => {
  const value = fc.oneof(
    fc.integer({ min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER }),
    text,
    fc.constant(undefined),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(field, value)), (fields) => {
      const writer = new Writer();
      for (const [number, written] of fields) {
        if (typeof written === 'number') writer.uint32(number * 8).int64(written);
        else if (written === undefined)
          writer
            .uint32(number * 8 + 1)
            .fixed64(7)
            .uint32(number * 8 + 5)
            .fixed32(7);
        else writer.uint32(number * 8 + 2).string(written);
      }
      const scanned = new Fields(Buffer.from(writer.finish()));
      for (const [number, written] of fields) {
        expect(scanned.next()).toBe(true);
        expect(scanned.field).toBe(number);
        if (typeof written === 'number') expect(scanned.int).toBe(written);
        else if (written === undefined) expect(scanned.next()).toBe(true);
        else expect(scanned.string()).toBe(written);
      }
      expect(scanned.next()).toBe(false);
    }),
  );
});

test('a message that was cut off is an error, never a wrong value', () => {
  const whole = Buffer.from(new Writer().uint32(10).string('abc').uint32(16).uint64(300).finish());
  for (let cut = 1; cut < whole.length; cut += 1) {
    const scanned = new Fields(whole.subarray(0, cut));
    const read = () => {
      while (scanned.next()) expect([1, 2]).toContain(scanned.field);
    };
    if (cut === 5) expect(read).not.toThrow();
    else expect(read).toThrow('malformed protobuf message');
  }
});
