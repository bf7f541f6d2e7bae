/** Bytes of one payload: always the same, or drawn anew for each arrival. */
export type PayloadSize =
  | { readonly kind: 'fixed'; readonly bytes: number }
  | { readonly kind: 'uniform'; readonly min: number; readonly max: number }
  | { readonly kind: 'exponential'; readonly mean: number };

/** Payloads above 2 MB are refused by the server; a workflow's input and result are one each. */
export const MAX_PAYLOAD_BYTES = 1024 * 1024;

const UNITS: Readonly<Record<string, number>> = { B: 1, KB: 1024, MB: 1024 * 1024 };
const SIZE = '(\\d{1,7})(B|KB|MB)';
export const SIZE_PATTERN = new RegExp(`^(${SIZE}|uniform:${SIZE}-${SIZE}|exponential:${SIZE})$`);

/** `1KB`, `uniform:100B-64KB` or `exponential:4KB`; undefined for anything else, and for what is too large. */
export function parsePayloadSize(text: string): PayloadSize | undefined {
  if (!SIZE_PATTERN.test(text)) return undefined;
  const [first, second] = [...text.matchAll(new RegExp(SIZE, 'g'))].map(([, n, unit]) => Number(n) * UNITS[unit!]!);
  if (Math.max(first!, second ?? 0) > MAX_PAYLOAD_BYTES) return undefined;
  if (text.startsWith('exponential')) return { kind: 'exponential', mean: first! };
  if (!text.startsWith('uniform')) return { kind: 'fixed', bytes: first! };
  return first! <= second! ? { kind: 'uniform', min: first!, max: second! } : undefined;
}

/**
 * The size at a point of its distribution, by the inverse of its cumulative distribution function.
 *
 * @param u uniform in [0, 1)
 */
export function payloadBytes(size: PayloadSize, u: number): number {
  if (size.kind === 'fixed') return size.bytes;
  if (size.kind === 'uniform') return size.min + Math.floor(u * (size.max - size.min + 1));
  return Math.min(MAX_PAYLOAD_BYTES, Math.round(-Math.log(1 - u) * size.mean));
}
