import type { Sample } from './exposition';
import { SERVER_MEASURES, type ServerMeasure } from './server-measures';

/**
 * The labels by which a Prometheus tells its targets apart. Sidecars that scrape `localhost` give all replicas the same
 * `instance`, so there is no single one that always differs.
 */
const TARGET_LABELS = ['instance', 'task_id', 'pod', 'container_id', 'host', 'service_instance_id'];

const METRICS_OF_REPLICAS = new Set(
  SERVER_MEASURES.flatMap(({ perReplica, metrics }: Pick<ServerMeasure, 'perReplica' | 'metrics'>) =>
    perReplica ? metrics : [],
  ),
);

/**
 * Numbers the replicas of each service, from 1, in the order of the pages. A Prometheus server has all replicas on one
 * page; there they are numbered in the order of their target labels. A replica has the same number in all measures, also
 * if it has no sample of some.
 */
export class Replicas {
  private readonly numbers = new Map<string, number>();

  /** @param reads the pages of one or more reads of the same endpoints */
  constructor(reads: readonly (readonly (readonly Sample[])[])[]) {
    const samples = reads.flatMap((pages) => pages.flatMap((page, i) => page.map((sample) => [sample, i] as const)));
    const ofReplicas = samples.filter(([{ name }]) => METRICS_OF_REPLICAS.has(name));
    const keys = [...new Set(ofReplicas.map(([sample, page]) => keyOf(sample, page)))].sort();
    const counts = new Map<string, number>();
    for (const key of keys) {
      const service = key.split(' ')[0]!;
      const number = (counts.get(service) ?? 0) + 1;
      counts.set(service, number);
      this.numbers.set(key, number);
    }
  }

  numberOf(sample: Sample, page: number): number {
    return this.numbers.get(keyOf(sample, page)) ?? 0;
  }
}

function keyOf({ labels }: Sample, page: number): string {
  const target = TARGET_LABELS.map((label) => labels[label] ?? '');
  return [labels.service_name ?? 'unknown', String(page).padStart(6, '0'), ...target].join(' ');
}
