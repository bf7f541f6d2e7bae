import { z } from 'zod';
import type { BenchmarkResult } from '../result-schema';
import type { Comparison } from './compare-results';
import { configValue, SUBJECT } from './differences';

/** A calibration as it is stored: how much runs of one load differ on one machine against one target. */
export const calibrationSchema = z.strictObject({
  schemaVersion: z.literal(1),
  createdAt: z.iso.datetime(),
  /** What {@link calibrationKey} returns for its runs. */
  key: z.string(),
  runs: z.array(z.string()),
  /** Smallest change that can be told from noise, by metric: a share, or a difference of shares for an error rate. */
  floors: z.record(z.string(), z.number().nonnegative()),
});

export type Calibration = z.infer<typeof calibrationSchema>;

/** The noise floors that a comparison uses, and where they are from. */
export interface NoiseFloor {
  readonly floors: Readonly<Record<string, number>>;
  readonly from: readonly string[];
}

/** The fields that decide how noisy an iteration is, apart from what is measured. */
const LENGTHS = ['duration', 'rampUp', 'hold', 'executor'] as const;

/**
 * Returns what a calibration is valid for, as text: the load, the machines of the generators, and the target. All embedded
 * targets on a machine are one target. Returns undefined if the result does not have these facts.
 */
export function calibrationKey({ config, generators, system }: BenchmarkResult): string | undefined {
  const machines = generators.map(({ identity, machine }) => {
    // The identity of a role is name@host:pid. In a container, the host is that of the container alone.
    const host = /@(.+):\d+$/.exec(identity)?.[1];
    const name = machine?.name === undefined || machine.name === 'unknown' ? host : machine.name;
    if (machine === undefined || name === undefined) return undefined;
    const { cpus, cpuQuota, memoryBytes, memoryLimitBytes, platform, instanceType } = machine;
    return JSON.stringify([name, cpus, cpuQuota, memoryBytes, memoryLimitBytes, platform, instanceType]);
  });
  // Only an embedded target reports its dynamic configuration as a list. It has a new cluster ID in each run.
  const target = Array.isArray(system.dynamicConfig) ? 'embedded' : system.clusterId;
  if (machines.length === 0 || machines.includes(undefined) || target === undefined) return undefined;
  const load = [...SUBJECT, ...LENGTHS].map((field) => [field, configValue(config, field) ?? null]);
  return JSON.stringify({ load, machines: [...new Set(machines)].sort(), target });
}

/**
 * Returns the noise floors that a comparison of equal sides shows: the wider end of the 95 % interval of each metric. A
 * change below it cannot be told from no change.
 */
export function floorsOf({ metrics }: Comparison): Record<string, number> {
  return Object.fromEntries(
    metrics.flatMap(({ name, scale, unit, base, interval }) => {
      if (interval === null) return [];
      const beyond = Math.max(Math.abs(interval.low), Math.abs(interval.high));
      // A metric with values of 0 is compared by differences. The floor is relative to its mean.
      const isShare = scale === 'ratio' || unit === 'share';
      return isShare ? [[name, beyond] as const] : base > 0 ? [[name, beyond / base] as const] : [];
    }),
  );
}

/**
 * Returns the noise floor of a comparison: for each metric the largest of the calibrations' floors. Returns undefined unless
 * every result has a calibration of its own load, machines and target.
 *
 * @param find returns the calibration with a key, and where it is stored
 */
export function noiseFloorOf(
  results: readonly BenchmarkResult[],
  find: (key: string) => { readonly calibration: Calibration; readonly from: string } | undefined,
): NoiseFloor | undefined {
  const keys = results.map(calibrationKey);
  const found = [...new Set(keys)].map((key) => (key === undefined ? undefined : find(key)));
  if (found.length === 0 || found.includes(undefined)) return undefined;
  const floors = new Map<string, number>();
  for (const { calibration } of found as NonNullable<(typeof found)[number]>[]) {
    for (const [name, floor] of Object.entries(calibration.floors))
      floors.set(name, Math.max(floors.get(name) ?? 0, floor));
  }
  return {
    floors: Object.fromEntries(floors),
    from: found.map((one) => `${one!.from} of ${one!.calibration.createdAt.slice(0, 16).replace('T', ' ')}Z`),
  };
}
