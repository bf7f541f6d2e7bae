import { inNamespace } from '../../measurement/server/observer-effect';
import { Context } from '@temporalio/activity';
import { readingsBetween, type ServerPage } from '../../measurement/server/server-metrics';
import {
  depthOf,
  type QueueSample,
  type QueueType,
  type ServerObservation,
  type TargetObservation,
} from '../../measurement/server/target';
import { MAX_ROWS_PER_STEP, ROW_MS, rowOf, type ServerRow } from '../../measurement/server/over-time';
import { gaugesOn, type PagePart } from '../../measurement/server/wire-names';
import type { ObserveInput } from '../../orchestrator/activity-types';
import type { Clock } from '../control-clock';
import type { TargetConnections } from '../../temporal/target-connections';
import type { PageSource } from './server-pages';
import { QueueSampler } from './task-queues';

/** The interval at which the server refreshes the statistics of a task queue. */
const QUEUE_INTERVAL_MS = 5000;
/** Samples per task queue and step, at most; a long step is sampled less often. */
const MAX_SAMPLES = 200;
/** An observation that starts later than this has missed part of the step, because its worker replaced one that died. */
const LATE_MS = 3000;

export interface ObserveDeps {
  readonly targets: TargetConnections;
  /** The sources of the target's own metrics. */
  readonly sources: readonly PageSource[];
  /** Whether the database is read too, after the load. */
  readonly readsDatabase: boolean;
  /** Returns the observer of one step, for the metrics of the control role. */
  readonly observe: () => QueueObserver;
  /** Returns the control server's clock, on which steps are planned. */
  readonly clock: () => Promise<Clock>;
}

/** Receives every sample of a step's task queues. */
export interface QueueObserver {
  sample(type: QueueType, sample: QueueSample): void;
  end(): void;
}

/** The metrics pages of all endpoints at one instant: null for an endpoint that did not answer, and its error. */
interface TargetSample {
  readonly atMs: number;
  readonly pages: readonly (ServerPage | null)[];
  readonly errors: readonly string[];
}

export function createObserveTarget({ targets, sources: all, readsDatabase, observe, clock }: ObserveDeps) {
  /**
   * Samples the target during one step: the run's task queues every few seconds, and the server's own metrics. The growth
   * of the server's counters from the first to the last sample is what the server did during the step.
   */
  return async function observeTarget(input: ObserveInput): Promise<TargetObservation> {
    const observer = observe();
    try {
      return await observeStep(input, observer);
    } finally {
      observer.end();
    }
  };

  async function observeStep(input: ObserveInput, observer: QueueObserver): Promise<TargetObservation> {
    const { run, startAtMs, durationMs, readServer } = input;
    const sources = readServer ? all : [];
    const queues = new QueueSampler(targets, run, input.queues);
    const context = Context.current();
    const now = await clock();
    const endMs = startAtMs + durationMs;
    const intervalMs = Math.max(QUEUE_INTERVAL_MS, durationMs / MAX_SAMPLES);
    const queueSamples: Record<QueueType, QueueSample[]> = { workflow: [], activity: [] };
    const overTime: ServerRow[] = [];
    let recent: Partial<Record<QueueType, QueueSample>> = {};
    const rowMs = Math.max(ROW_MS, durationMs / MAX_ROWS_PER_STEP);
    await context.sleep(Math.max(0, startAtMs - now()));
    const beganAt = now();
    const first = await sampleTarget(sources, 'all', beganAt);
    const targetSamples = [first];
    let previous = first;
    for (;;) {
      const leftMs = endMs - now();
      const isLast = leftMs <= 0;
      if (isLast || now() - previous.atMs >= rowMs) {
        const sample = await sampleTarget(sources, isLast ? 'all' : 'during', now());
        overTime.push(rowBetween(previous, sample, startAtMs, recent));
        recent = {};
        // Pages of large clusters have megabytes: only gauges are kept of those between the first and the last.
        targetSamples.push(isLast ? sample : { ...sample, pages: sample.pages.map((page) => page && gaugesOn(page)) });
        previous = sample;
      }
      if (isLast) break;
      await context.sleep(Math.min(intervalMs, leftMs));
      for (const type of queues.types) {
        const sample = await queues.sample(type);
        if (!sample) continue;
        queueSamples[type].push(sample);
        recent[type] = sample;
        observer.sample(type, sample);
      }
    }
    const isLate = beganAt - startAtMs > LATE_MS;
    return {
      queues: { workflow: depthOf(queueSamples.workflow), activity: depthOf(queueSamples.activity) },
      server: {
        ...serverDuring(targetSamples, run.namespace, sources.length, (now() - beganAt) / 1000, isLate),
        ...(readServer && readsDatabase ? { hasLateSource: true as const } : {}),
      },
      overTime,
    };
  }
}

/** Returns the row of the interval between two samples, from the endpoints that answered both times. */
function rowBetween(
  before: TargetSample,
  after: TargetSample,
  startAtMs: number,
  queues: Parameters<typeof rowOf>[2],
): ServerRow {
  const answered = after.pages.map((page, i) => page !== null && before.pages[i] !== null);
  const pagesOf = ({ pages }: TargetSample) => pages.filter((page): page is ServerPage => page !== null);
  const complete = (sample: TargetSample) => pagesOf({ ...sample, pages: sample.pages.filter((_, i) => answered[i]) });
  const seconds = (after.atMs - before.atMs) / 1000;
  return rowOf(after.atMs - startAtMs, seconds, queues, complete(before), complete(after));
}

/** Returns the readings of the endpoints that answered both at the beginning and at the end of the step. */
function serverDuring(
  samples: readonly TargetSample[],
  namespace: string,
  endpoints: number,
  seconds: number,
  isLate: boolean,
): ServerObservation {
  if (endpoints === 0) return { endpoints, readings: [], unknown: ['no source of server metrics was configured'] };
  const unknown = [...new Set(samples.flatMap(({ errors }) => errors))];
  if (isLate) unknown.push('the control worker died during the step, so the beginning of the step was not observed');
  const [first, last] = [samples[0]!, samples.at(-1)!];
  const isComplete = first.pages.map((page, i) => page !== null && last.pages[i] !== null);
  const completePages = ({ pages }: TargetSample) =>
    pages.filter((page, i): page is ServerPage => page !== null && isComplete[i]!);
  if (!isComplete.some(Boolean) || isLate) return { endpoints, readings: [], unknown };
  const readings = readingsBetween(completePages(first), completePages(last), samples.map(completePages), seconds);
  return { endpoints, readings: inNamespace(readings, namespace), unknown };
}

/** Reads all sources once. Errors contain the name of the source and never its address. */
async function sampleTarget(sources: readonly PageSource[], part: PagePart, atMs: number): Promise<TargetSample> {
  const errors: string[] = [];
  const pages = await Promise.all(
    sources.map(async (source) => {
      try {
        return await source.read(part);
      } catch (err) {
        errors.push(`${source.name} ${(err as Error).message}`);
        return null;
      }
    }),
  );
  return { atMs, pages, errors };
}
