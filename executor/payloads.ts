import { defaultPayloadConverter, toPayloads } from '@temporalio/common';
import { temporal } from '@temporalio/proto';
import { bytesIn } from '../temporal/wire/replies';
import { Fields } from '../temporal/wire/scan';

/** Encoded Payloads of values, as the SDK's default converter makes them. */
export function encodePayloads(...values: readonly unknown[]): Buffer {
  const payloads = toPayloads(defaultPayloadConverter, ...values);
  return Buffer.from(temporal.api.common.v1.Payloads.encode({ payloads }).finish());
}

/** What a workflow or an activity without a result returns. */
export const NO_RESULT = encodePayloads(undefined);

/** The first of encoded Payloads, decoded from JSON; undefined if there is none. */
export function readJson(payloads: Buffer): unknown {
  const data = bytesIn(new Fields(bytesIn(new Fields(payloads), 1)), 2);
  return data.length === 0 ? undefined : JSON.parse(data.toString('utf8'));
}
