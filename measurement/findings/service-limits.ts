import type { Finding } from './finding';
import type { HoldEvidence } from './hold-evidence';
import { settingFor } from './setting';

export interface ServiceLimit {
  readonly measure: 'calls refused' | 'persistence refused';
  readonly matches: RegExp;
  /** What whoever called was told, as the ledger books it. */
  readonly cause: string;
  readonly name: string;
  readonly knob: string;
  readonly default: string;
}

/** Limits within the cluster, which the caller is told of without the service that has them. */
export const SERVICE_LIMITS: readonly ServiceLimit[] = [
  ...(['history', 'matching'] as const).map((service) => ({
    measure: 'calls refused' as const,
    matches: new RegExp(`^rps_?limit/.*/${service}$`, 'i'),
    cause: 'RPS_LIMIT/system',
    name: `rate limit of the ${service} service`,
    knob: `${service}.rps`,
    default: service === 'history' ? '3000' : '1200',
  })),
  {
    measure: 'calls refused',
    matches: /^concurrent_?limit\//i,
    cause: 'CONCURRENT_LIMIT',
    name: 'concurrent calls of the namespace',
    knob: 'frontend.namespaceCount',
    default: '1200 per frontend, namespace and API',
  },
  ...Object.entries({ frontend: 2000, history: 9000, matching: 3000, worker: 500 }).map(([service, qps]) => ({
    measure: 'persistence refused' as const,
    matches: new RegExp(`^${service}$`),
    cause: 'PERSISTENCE_LIMIT',
    name: `persistence rate limit of the ${service} service`,
    knob: `${service}.persistenceMaxQPS`,
    default: String(qps),
  })),
];

/** The cause that the limit with this key has for whoever called. */
export function causeOf(knob: string): string | undefined {
  return SERVICE_LIMITS.find((limit) => limit.knob === knob)?.cause;
}

/** Whom a service refused in a hold, by its own metrics. */
export function refusedBy(
  { measure, matches, name, knob, default: fallback }: ServiceLimit,
  hold: HoldEvidence,
): Finding[] {
  const readings = hold.target?.server.readings ?? [];
  const hit = readings.filter((reading) => reading.name === measure && matches.test(reading.labels));
  const count = hit.reduce((sum, one) => sum + (one.count ?? 0), 0);
  if (count === 0) return [];
  const evidence = `${count} calls were refused within the cluster, by its own metrics (${measure})`;
  const advice = `raise ${knob} in the server's dynamic configuration`;
  const factor = Math.max(1.5, hold.targetRate / Math.max(1, hold.completedPerSecond));
  const setting = settingFor({ knob, default: fallback }, [hold], Math.min(10, factor));
  return [{ name, confidence: 'high', evidence, knob, default: fallback, advice, ...setting }];
}
