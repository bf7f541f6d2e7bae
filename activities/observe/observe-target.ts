import { Context } from '@temporalio/activity';
import { readingsBetween, type PagePart, type ServerPage } from '../../measurement/server/server-metrics';
import {
  depthOf,
  QUEUE_TYPES,
  type QueueSample,
  type QueueType,
  type ServerObservation,
  type TargetObservation,
} from '../../measurement/server/target';
import type { ObserveInput } from '../../orchestrator/activity-types';
import type { TargetConnections } from '../../temporal/connections';
import type { PageSource } from './server-pages';
import { sampleQueue } from './task-queues';

/** As often as the server renews its statistics of a queue. */
const LOOK_MS = 5000;
/** A server renews its gauges once a minute, and to read its pages costs CPU beside the measurement. */
const GAUGES_MS = 30_000;
/** Looks at a step at the most; a long one is looked at less often. */
const MOST_LOOKS = 200;
/** Whoever begins so late has missed a part of the step: its worker took over from one that died. */
const LATE_MS = 3000;

export interface ObserveDeps {
  readonly targets: TargetConnections;
  /** Where the target's own metrics can be read. */
  readonly sources: readonly PageSource[];
  /** Told of every look at a queue, for the metrics. */
  readonly onSample: (type: QueueType, look: QueueSample) => void;
}

/** The pages of all endpoints at one instant; null for one that did not answer, with why. */
interface TargetSample {
  readonly pages: readonly (ServerPage | null)[];
  readonly errors: readonly string[];
}

export function createObserveTarget({ targets, sources: all, onSample: onLook }: ObserveDeps) {
  /**
   * Looks at the target while one step goes on: at the run's task queues every few seconds, and at the server's own
   * metrics, whose growth from the first look to the last is what the server did in the step.
   */
  return async function observeTarget(input: ObserveInput): Promise<TargetObservation> {
    const { run, startAtMs, durationMs, readServer } = input;
    const sources = readServer ? all : [];
    const context = Context.current();
    const endMs = startAtMs + durationMs;
    const everyMs = Math.max(LOOK_MS, durationMs / MOST_LOOKS);
    const looks: Record<QueueType, QueueSample[]> = { workflow: [], activity: [] };
    const seen: TargetSample[] = [];
    await context.sleep(Math.max(0, startAtMs - Date.now()));
    const beganAt = Date.now();
    let readAt = -Infinity;
    for (;;) {
      const leftMs = endMs - Date.now();
      const isEnd = seen.length === 0 || leftMs <= 0;
      if (isEnd || Date.now() - readAt >= GAUGES_MS) {
        readAt = Date.now();
        seen.push(await sampleTarget(sources, isEnd ? 'all' : 'gauges'));
      }
      if (leftMs <= 0) break;
      await context.sleep(Math.min(everyMs, leftMs));
      for (const type of QUEUE_TYPES) {
        const look = await sampleQueue(targets, run, type);
        if (!look) continue;
        looks[type].push(look);
        onLook(type, look);
      }
    }
    return {
      queues: { workflow: depthOf(looks.workflow), activity: depthOf(looks.activity) },
      server: serverDuring(seen, sources.length, (Date.now() - beganAt) / 1000, beganAt - startAtMs > LATE_MS),
    };
  };
}

function serverDuring(
  seen: readonly TargetSample[],
  endpoints: number,
  seconds: number,
  late: boolean,
): ServerObservation {
  if (endpoints === 0) return { endpoints, readings: [], unknown: ['no metrics of the server were given'] };
  const unknown = [...new Set(seen.flatMap(({ errors }) => errors))];
  if (late) unknown.push('who looked at the server died during the step: the beginning of it was not seen');
  const [first, last] = [seen[0]!, seen.at(-1)!];
  const whole = first.pages.map((page, i) => page !== null && last.pages[i] !== null);
  const there = (look: TargetSample) => look.pages.filter((page, i): page is ServerPage => page !== null && whole[i]!);
  if (!whole.some(Boolean) || late) return { endpoints, readings: [], unknown };
  const readings = readingsBetween(there(first), there(last), seen.map(there), seconds);
  return { endpoints, readings, unknown };
}

/** What is said of a source names it, never its address. */
async function sampleTarget(sources: readonly PageSource[], part: PagePart): Promise<TargetSample> {
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
  return { pages, errors };
}
