import { readableMs, readableRate } from '../../measurement/format/durations';
import { readable } from '../../measurement/format/numbers';
import { observerEffectText } from '../cluster';
import type { BenchmarkResult, StepResult } from '../result-schema';
import { closedTable, markup, section, table, type Markup } from './markup';

/** The rows of a table that is open, at most; the others are in a closed one. */
const OPEN_ROWS = 10;

/** Returns what the server reported during the holds: task queues, its metrics, and the cost of a workflow. */
export function serverMetrics(result: BenchmarkResult): Markup {
  const { cluster, workload, sizing, server } = result;
  const queues = result.steps.filter(({ counted }) => counted).flatMap((step) => queueRows(step, result));
  const cost = workload
    ? [
        ['events', readable(workload.eventsPerWorkflow)],
        ['history', `${readable(workload.historyBytesPerWorkflow / 1024)} KB`],
        ['state transitions', readable(workload.stateTransitionsPerWorkflow)],
        ...(sizing ? [['CPU of the hosts', readableMs(sizing.hostCpuMsPerWorkflow)]] : []),
      ]
    : [];
  const unknown = cluster?.unknown ?? [];
  return section(
    'server',
    'What the cluster did',
    bounded('task queues', ['task queue', 'mean backlog', 'highest', 'oldest task', 'added', 'dispatched'], queues),
    bounded('server metrics', ['server metric', 'rate', 'p50', 'p95', 'p99', 'highest'], readingRows(cluster)),
    cluster?.observerEffect
      ? markup`<p class="hint">Observer effect: ${observerEffectText(cluster.observerEffect)}.</p>`
      : undefined,
    cost.length > 0 ? table(['cost of one workflow', ''], cost) : undefined,
    server.visibilityWaitMs > 1000
      ? markup`<p class="hint">
          The list of workflows was complete ${readableMs(server.visibilityWaitMs)} later than the first count.
        </p>`
      : undefined,
    unknown.length > 0 ? markup`<p class="hint">Unknown: ${unknown.join('; ')}.</p>` : undefined,
  );
}

function bounded(name: string, head: readonly string[], rows: readonly (readonly (string | number)[])[]): Markup {
  if (rows.length === 0) return markup``;
  const rest = rows.slice(OPEN_ROWS);
  return markup`${table(head, rows.slice(0, OPEN_ROWS))}${closedTable(`${rest.length} more ${name}`, head, rest)}`;
}

function queueRows(step: StepResult, { staircase, iterations }: BenchmarkResult): (string | number)[][] {
  const hold = staircase ? ` at ${readable(step.fromRate)}/s` : iterations ? `, iteration ${step.iteration}` : '';
  return (['workflow', 'activity'] as const).flatMap((type) => {
    const queue = step.queues?.[type];
    if (!queue || queue.addedPerSecond + queue.highestBacklog === 0) return [];
    const { meanBacklog, highestBacklog, highestAgeMs, addedPerSecond, dispatchedPerSecond } = queue;
    const rates = [readableRate(addedPerSecond), readableRate(dispatchedPerSecond)];
    return [[`${type} tasks${hold}`, readable(meanBacklog), highestBacklog, readableMs(highestAgeMs), ...rates]];
  });
}

/** Returns the readings, latencies first; rates of 0 are left out. */
function readingRows(cluster: BenchmarkResult['cluster']): string[][] {
  const ms = (value: number | undefined) => (value === undefined ? '' : readableMs(value));
  const readings = (cluster?.readings ?? []).filter(({ perSecond, highest }) => (perSecond ?? highest ?? 0) > 0);
  const latencies = readings.filter(({ p50Ms }) => p50Ms !== undefined);
  const others = readings.filter(({ p50Ms }) => p50Ms === undefined);
  return [...latencies, ...others].map(({ name, labels, perSecond, p50Ms, p95Ms, p99Ms, highest }) => [
    labels ? `${name}, ${labels}` : name,
    perSecond === undefined ? '' : readableRate(perSecond),
    ...[p50Ms, p95Ms, p99Ms].map(ms),
    highest === undefined ? '' : readable(highest),
  ]);
}
