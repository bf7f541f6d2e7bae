/** The size of one payload: fixed, or drawn for each arrival. Bytes. */
export type PayloadSize =
  | { readonly kind: 'fixed'; readonly bytes: number }
  | { readonly kind: 'uniform'; readonly min: number; readonly max: number }
  | { readonly kind: 'exponential'; readonly mean: number };

/** The server rejects payloads above 2 MB. The input and the result of a workflow are one payload each. */
export const MAX_PAYLOAD_BYTES = 1024 * 1024;

const UNIT_BYTES: Readonly<Record<string, number>> = { B: 1, KB: 1024, MB: 1024 * 1024 };
const SIZE = '(\\d{1,7})(B|KB|MB)';
export const PAYLOAD_SIZE_PATTERN = new RegExp(`^(${SIZE}|uniform:${SIZE}-${SIZE}|exponential:${SIZE})$`);

/** Reads `1KB`, `uniform:100B-64KB` or `exponential:4KB`. Returns undefined for other text and for sizes that are too large. */
export function parsePayloadSize(text: string): PayloadSize | undefined {
  if (!PAYLOAD_SIZE_PATTERN.test(text)) return undefined;
  const sizes = [...text.matchAll(new RegExp(SIZE, 'g'))].map(
    ([, amount, unit]) => Number(amount) * UNIT_BYTES[unit!]!,
  );
  const [first, second] = [sizes[0]!, sizes[1]];
  if (Math.max(...sizes) > MAX_PAYLOAD_BYTES) return undefined;
  if (text.startsWith('exponential')) return { kind: 'exponential', mean: first };
  if (second === undefined) return { kind: 'fixed', bytes: first };
  return first <= second ? { kind: 'uniform', min: first, max: second } : undefined;
}

/**
 * Returns one size in bytes: the inverse of the distribution function at `u`, so that a larger `u` gives a larger size.
 *
 * @param u a uniform random number in [0, 1)
 */
export function payloadBytes(size: PayloadSize, u: number): number {
  if (size.kind === 'fixed') return size.bytes;
  if (size.kind === 'uniform') return size.min + Math.floor(u * (size.max - size.min + 1));
  return Math.min(MAX_PAYLOAD_BYTES, Math.round(-Math.log(1 - u) * size.mean));
}
