import type { ServerReading } from '../server/server-metrics';
import type { Finding } from './finding';
import type { HoldEvidence } from './hold-evidence';
import { settingFor } from './setting';

export interface ServiceLimit {
  readonly measure: 'requests rejected' | 'persistence requests rejected';
  readonly matches: RegExp;
  /** The cause that the caller receives, as the ledger records it. */
  readonly cause: string;
  /** Whether the limit applies to each namespace, if the same measure counts rejections by either kind of limit. */
  readonly perNamespace?: boolean;
  readonly name: string;
  readonly knob: string;
  readonly default: string;
}

/** Limits that the metrics of a cluster's services count. A caller receives the cause without the name of the service. */
export const SERVICE_LIMITS: readonly ServiceLimit[] = [
  ...(['history', 'matching'] as const).map((service) => ({
    measure: 'requests rejected' as const,
    matches: new RegExp(`^rps_?limit/.*/${service}$`, 'i'),
    cause: 'RPS_LIMIT/system',
    name: `rate limit of the ${service} service`,
    knob: `${service}.rps`,
    default: service === 'history' ? '3000' : '1200',
  })),
  // The limit prefers starts to the calls of workers, so it may slow down a run without rejecting a start.
  {
    measure: 'requests rejected',
    matches: /^rps_?limit\/namespace\/frontend$/i,
    cause: 'RPS_LIMIT/namespace',
    name: 'namespace rate limit',
    knob: 'frontend.namespaceRPS',
    default: '2400',
  },
  {
    measure: 'requests rejected',
    matches: /^concurrent_?limit\//i,
    cause: 'CONCURRENT_LIMIT',
    name: 'concurrency limit of the namespace',
    knob: 'frontend.namespaceCount',
    default: '1200 per frontend, namespace and API',
  },
  ...Object.entries({ frontend: 2000, history: 9000, matching: 3000, worker: 500 }).flatMap(([service, qps]) => {
    const rejected = {
      measure: 'persistence requests rejected' as const,
      matches: new RegExp(`^${service}$`),
      cause: 'PERSISTENCE_LIMIT',
    };
    return [
      {
        ...rejected,
        perNamespace: false,
        name: `persistence rate limit of the ${service} service`,
        knob: `${service}.persistenceMaxQPS`,
        default: String(qps),
      },
      {
        ...rejected,
        perNamespace: true,
        name: `persistence rate limit of the namespace in the ${service} service`,
        knob: `${service}.persistenceNamespaceMaxQPS`,
        default: 'none: only the limit of the service applies',
      },
    ];
  }),
];

/** Returns the cause that a caller receives from the limit with this key. */
export function causeOf(knob: string): string | undefined {
  return SERVICE_LIMITS.find((limit) => limit.knob === knob)?.cause;
}

/** Returns a finding if the server's metrics show that a service enforced this limit during the hold. */
export function enforcedLimit(
  { measure, matches, name, knob, default: fallback, perNamespace }: ServiceLimit,
  hold: HoldEvidence,
): Finding[] {
  const readings = hold.target?.server.readings ?? [];
  if (perNamespace !== undefined && perNamespace !== isNamespaceLimit(readings)) return [];
  const hit = readings.filter((reading) => reading.name === measure && matches.test(reading.labels));
  const count = hit.reduce((sum, one) => sum + (one.count ?? 0), 0);
  if (count === 0) return [];
  const evidence = `the cluster's metrics count ${count} rejected calls (${measure})`;
  const advice = `raise ${knob} in the server's dynamic configuration`;
  const factor = Math.max(1.5, hold.targetRate / Math.max(1, hold.completedPerSecond));
  const setting = settingFor({ knob, default: fallback }, [hold], Math.min(10, factor));
  return [{ name, confidence: 'high', evidence, knob, default: fallback, advice, ...setting }];
}

/**
 * Returns whether the persistence rejected calls by the limit of a namespace. The services that pass such an error on count
 * it with its scope; without these counts, the limit of the service is more likely.
 */
function isNamespaceLimit(readings: readonly ServerReading[]): boolean {
  const count = (scope: string) =>
    readings.reduce((sum, { name, labels, count: n = 0 }) => {
      const matches = new RegExp(`^persistence_?limit/${scope}/`, 'i').test(labels);
      return name === 'requests rejected' && matches ? sum + n : sum;
    }, 0);
  return count('namespace') > count('system');
}
