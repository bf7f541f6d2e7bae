import { defaultPayloadConverter, toPayloads } from '@temporalio/common';
import { temporal } from '@temporalio/proto';
import type { ArrivalKind } from '../../load-workflows/kinds';
import { uniform } from '../../measurement/load/random';
import type { GenerateLoadInput } from '../../orchestrator/activity-types';
import { MAX_PAYLOAD_BYTES, payloadBytes } from '../../spec/payload-size';

/** Returns the input of an arrival's workflow: the encoded `temporal.api.common.v1.Payloads`. */
export type ArrivalInput = (workflowId: string, sequence: number) => Uint8Array;

/**
 * Returns the input function of one kind of arrivals. The input is either the same for all arrivals, and converted once,
 * or differs per arrival and depends only on the arrival's step, lane and sequence.
 */
export function arrivalInput(
  { workflowInput, varyingInput }: Pick<ArrivalKind, 'workflowInput' | 'varyingInput'>,
  { step, lane, lanes, seed }: Pick<GenerateLoadInput, 'step' | 'lane' | 'lanes' | 'seed'>,
): ArrivalInput {
  if (varyingInput?.kind === 'payload') {
    const { size } = varyingInput;
    return (_workflowId, sequence) =>
      encode(text().slice(0, payloadBytes(size, uniform(seed, step.index, lane, sequence, 0x7a11))));
  }
  if (varyingInput?.kind === 'template') {
    const { json } = varyingInput;
    return (workflowId, sequence) => encode(fillTemplate(json, workflowId, sequence * lanes + lane));
  }
  const input = encode(...workflowInput);
  return () => input;
}

/** Replaces `{{id}}` by the workflow id and `{{index}}` by the arrival's number in its step, from 0, and parses the JSON. */
export function fillTemplate(json: string, workflowId: string, index: number): unknown {
  return JSON.parse(json.replaceAll('{{id}}', workflowId).replaceAll('{{index}}', String(index)));
}

function encode(...values: readonly unknown[]): Uint8Array {
  return temporal.api.common.v1.Payloads.encode({ payloads: toPayloads(defaultPayloadConverter, ...values) }).finish();
}

let letters: string | undefined;

/** Returns text of the maximum payload size. It is pseudo-random, so that compression on the way has no effect. */
function text(): string {
  if (letters !== undefined) return letters;
  const bytes = Buffer.alloc(MAX_PAYLOAD_BYTES);
  for (let i = 0; i < bytes.length; i += 1) bytes[i] = 97 + Math.floor(uniform(1, i) * 26);
  return (letters = bytes.toString('latin1'));
}
