import fc from 'fast-check';
import { temporal } from '@temporalio/proto';
import { Enum, MapField, type Field, type Type } from 'protobufjs';

/** A message type of @temporalio/proto with its descriptor, which its static type does not show. */
export interface MessageType<T> {
  encode(message: T): { finish(): Uint8Array };
  decode(bytes: Uint8Array): T;
  toObject(message: T, options?: object): Record<string, unknown>;
}

/** Random messages of a type: each field is absent or random, down to some depth. */
export function randomMessage<T>(type: MessageType<T>, depth = 4): fc.Arbitrary<T> {
  return messageArbitrary(type as unknown as Type, depth) as fc.Arbitrary<T>;
}

function messageArbitrary(type: Type, depth: number): fc.Arbitrary<object> {
  const oneofs = new Set<string>();
  const fields: Record<string, fc.Arbitrary<unknown>> = {};
  for (const field of type.fieldsArray) {
    field.resolve();
    const inner = field.resolvedType;
    if (inner && !(inner instanceof Enum) && depth === 0) continue;
    // Of alternatives one is chosen; the first is as good as any, except among event attributes.
    const group = field.partOf?.name;
    if (group !== undefined && oneofs.has(group)) continue;
    if (group !== undefined) oneofs.add(group);
    fields[field.name] = fieldArbitrary(field, depth);
  }
  return fc.record(fields, { requiredKeys: [] });
}

function fieldArbitrary(field: Field, depth: number): fc.Arbitrary<unknown> {
  const one = valueArbitrary(field, depth);
  if (field instanceof MapField) return fc.dictionary(fc.string({ minLength: 1, maxLength: 5 }), one, { maxKeys: 3 });
  return field.repeated ? fc.array(one, { maxLength: 3 }) : one;
}

function valueArbitrary({ type, resolvedType }: Field, depth: number): fc.Arbitrary<unknown> {
  if (resolvedType instanceof Enum) return fc.constantFrom(...Object.values(resolvedType.values));
  if (resolvedType) return messageArbitrary(resolvedType as Type, depth - 1);
  switch (type) {
    case 'string':
      return fc.string({ unit: 'grapheme', maxLength: 200 });
    case 'bytes':
      return fc.uint8Array({ maxLength: 300 });
    case 'bool':
      return fc.boolean();
    case 'float':
    case 'double':
      return fc.integer();
    case 'int64':
    case 'sint64':
      return fc.integer({ min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER });
    case 'uint32':
    case 'uint64':
    case 'fixed64':
      return fc.nat();
    default:
      return fc.integer();
  }
}

/** As plain values, with whole numbers as numbers and bytes as base64, so that two messages can be compared. */
export function plain<T>(type: MessageType<T>, message: T): Record<string, unknown> {
  return type.toObject(message, { longs: Number, bytes: String });
}

/** A gRPC frame's message, decoded. */
export function decodeFrame<T>(type: MessageType<T>, frame: Buffer): Record<string, unknown> {
  expect(frame[0]).toBe(0);
  expect(frame.readUInt32BE(1)).toBe(frame.length - 5);
  return plain(type, type.decode(frame.subarray(5)));
}

/** Encodes and decodes a message, so that it has the defaults a receiver sees. */
export function received<T>(type: MessageType<T>, message: T): T {
  return type.decode(type.encode(message).finish());
}

export const payloadsArbitrary = randomMessage(temporal.api.common.v1.Payloads);
