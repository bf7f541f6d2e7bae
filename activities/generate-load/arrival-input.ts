import { defaultPayloadConverter, toPayloads } from '@temporalio/common';
import type { temporal } from '@temporalio/proto';
import type { ArrivalKind } from '../../load-workflows/kinds';
import { uniform } from '../../measurement/load/random';
import type { GenerateLoadInput } from '../../orchestrator/activity-types';
import { MAX_PAYLOAD_BYTES, payloadBytes } from '../../spec/payload-size';

type Payloads = temporal.api.common.v1.IPayloads;

/** What the workflow of an arrival is started with. */
export type ArrivalInput = (workflowId: string, sequence: number) => Payloads;

/** The input of each arrival of a kind: the same for all, converted once, or one of its own, by its place alone. */
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
  const same = encode(...workflowInput);
  return () => same;
}

/** `{{id}}` becomes the workflow's id, `{{index}}` the arrival's number in its step, from 0. */
export function fillTemplate(json: string, workflowId: string, index: number): unknown {
  return JSON.parse(json.replaceAll('{{id}}', workflowId).replaceAll('{{index}}', String(index)));
}

function encode(...values: readonly unknown[]): Payloads {
  return { payloads: toPayloads(defaultPayloadConverter, ...values) };
}

let letters: string | undefined;

/** As much text as a payload may have: no two neighbours alike, so that nothing on the way can make it small. */
function text(): string {
  if (letters !== undefined) return letters;
  const bytes = Buffer.alloc(MAX_PAYLOAD_BYTES);
  for (let i = 0; i < bytes.length; i += 1) bytes[i] = 97 + Math.floor(uniform(1, i) * 26);
  return (letters = bytes.toString('latin1'));
}
