import { readableMs, readableRate } from '../measurement/format/durations';
import type { CapacityResult, GoalResult } from './capacity-schema';
import { sloText } from './capacity-sentence';

/** Returns the lines of the summary about a capacity search: the limits, what to try next, and the trials. */
export function renderCapacity(capacity: CapacityResult | undefined): string[] {
  if (capacity === undefined) return [];
  const { goals, trials, next, drift, mixedRates, labels } = capacity;
  const named = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  return [
    ...(named.length > 0 ? [`  Labels: ${named.join(', ')}`] : []),
    '',
    'Capacity',
    ...goals.flatMap(goalLines),
    ...driftLines(drift),
    ...(mixedRates.length > 0
      ? [
          `  bad, although another trial of this or a higher rate was good: ${mixedRates.map((rate) => `${rate}/s`).join(', ')} (the capacity varies)`,
        ]
      : []),
    '',
    `  Next: ${next.advice}. With the same connection options:`,
    `    ${next.command}`,
    '',
    '  trial   phase       rate     hold   completed         p99   outcome',
    ...trials.map(trialLine),
  ];
}

function goalLines(goal: GoalResult): string[] {
  const { name, holds, failsAt, interval, confirmed } = goal;
  const lower = holds === null ? 'no rate holds' : `${holds}/s holds${confirmed ? '' : ' (not confirmed)'}`;
  const upper = failsAt === null ? 'no rate failed' : `${failsAt}/s does not`;
  return [
    `  ${sloText(name).padEnd(14)} bracket: ${lower}, ${upper} (by the trials alone)`,
    ...(interval === null
      ? []
      : [`  ${''.padEnd(14)} interval: ${interval.low}/s to ${interval.high}/s (95 %, by a model of all trials)`]),
  ];
}

function driftLines(drift: CapacityResult['drift']): string[] {
  if (drift === null) return [];
  const { rate, first, again, changed } = drift;
  const what = changed ? 'THE CLUSTER CHANGED during the search' : 'the cluster did not change';
  return [`  ${what}: at ${rate}/s the first trial was ${first}; the last one ${again}`];
}

function trialLine({
  number,
  phase,
  rate,
  seconds,
  completedPerSecond,
  p99Ms,
  outcome,
  reasons,
}: CapacityResult['trials'][number]): string {
  const why = reasons.length === 0 ? '' : `: ${reasons.join('; ')}`;
  const cells = [
    String(number).padStart(7),
    ` ${phase.padEnd(8)}`,
    `${rate}/s`.padStart(8),
    `${seconds} s`.padStart(8),
    readableRate(completedPerSecond).padStart(11),
    readableMs(p99Ms).padStart(12),
  ];
  return `${cells.join(' ')}   ${outcome}${why}`;
}
