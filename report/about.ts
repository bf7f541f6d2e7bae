import type { BenchmarkResult } from './result-schema';

/** Returns what a run was: workload and load, target, and server. Empty if no load was planned. */
export function aboutOf(result: Pick<BenchmarkResult, 'config' | 'system'>): string {
  return joined(partsOf(result));
}

/** Returns what {@link aboutOf} does, without the details that do not fit into this many characters. */
export function aboutWithin(result: Pick<BenchmarkResult, 'config' | 'system'>, width: number): string {
  const parts = partsOf(result);
  const shorter = [parts, { ...parts, persistence: '' }, { ...parts, persistence: '', load: '' }];
  return (shorter.map(joined).find((line) => line.length <= width) ?? joined(shorter.at(-1)!)).slice(0, width);
}

interface Parts {
  readonly workload: string;
  readonly load: string;
  readonly address: string;
  readonly server: string;
  readonly persistence: string;
}

function partsOf({ config, system }: Pick<BenchmarkResult, 'config' | 'system'>): Parts {
  const workload = config.mix ?? config.workload;
  const { serverVersion, persistence, address } = system;
  return {
    workload: workload === undefined ? '' : text(workload),
    load: loadOf(config),
    address: isKnown(address) ? ` on ${address}` : '',
    server: isKnown(serverVersion) ? `, Temporal ${serverVersion}` : ', server version unknown',
    persistence: isKnown(serverVersion) && isKnown(persistence) ? ` with ${persistence}` : '',
  };
}

function joined({ workload, load, address, server, persistence }: Parts): string {
  return workload === '' ? '' : `${workload}${load}${address}${server}${persistence}`;
}

function loadOf({ slo, stages, hold, rate, duration, iterations }: BenchmarkResult['config']): string {
  const times = Number(iterations ?? 1) > 1 ? `, ${text(iterations)} iterations` : '';
  if (Array.isArray(stages)) return ` at ${stages.join(', ')}/s for ${text(hold)} each${times}`;
  if (rate !== undefined) return ` at ${text(rate)}/s for ${text(duration)}${times}`;
  return slo === undefined ? '' : `, highest rate with ${text(slo)}`;
}

function text(value: unknown): string {
  return Array.isArray(value) ? value.join(', ') : String(value);
}

function isKnown(value: string | undefined): value is string {
  return value !== undefined && value !== '' && value !== 'unknown';
}
