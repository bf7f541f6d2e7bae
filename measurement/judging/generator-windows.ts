import { noWindows, WINDOW_MS, type GeneratorWindow, type WindowsSummary } from '../account/generator-audit';
import { SAMPLES_NEEDED } from '../account/histogram';
import { percent, seconds } from '../format/numbers';
import { LIMITS, type ValidityCheck } from './validity-check';

/**
 * Returns the highest acceptable schedule lag at a percentile. The lag is part of the latency, so a share of the latency at
 * the same percentile does not spoil it. All in milliseconds.
 */
export function lagLimit(startP50Ms: number, latencyMs: number): number {
  const tolerable = Math.min(LIMITS.lagCeilingMs, LIMITS.lagShareOfLatency * latencyMs);
  return Math.max(LIMITS.lagFloorMs, LIMITS.lagShareOfStart * startP50Ms, tolerable);
}

/**
 * Returns why a generator fell behind its schedule in one window, or undefined if it kept up.
 *
 * @param limit the highest acceptable p95 of the schedule lag, milliseconds
 */
export function limitedBy(window: GeneratorWindow, limit: number): string | undefined {
  const { sent, lagP95Ms, eventLoopUtilization, cpuThrottledShare } = window;
  if (sent >= SAMPLES_NEEDED.p95 && lagP95Ms > limit)
    return `5 % of the starts were more than ${lagP95Ms.toFixed(1)} ms late (limit ${limit.toFixed(1)} ms)`;
  if (eventLoopUtilization > LIMITS.eventLoopUtilization)
    return `its main thread was ${percent(eventLoopUtilization, 0)} busy`;
  if ((cpuThrottledShare ?? 0) > LIMITS.cpuThrottledShare)
    return `its CPU was throttled ${percent(cpuThrottledShare ?? 0)} of the time`;
  return undefined;
}

/** @param lagLimitMs the highest acceptable p95 of the schedule lag in a window */
export function summarizeWindows(windows: readonly GeneratorWindow[], lagLimitMs: number): WindowsSummary {
  const limited = windows.flatMap((window) => {
    const reason = limitedBy(window, lagLimitMs);
    return reason === undefined ? [] : [{ window, reason }];
  });
  const [first] = limited;
  return {
    count: windows.length,
    limited: limited.length,
    ...busiest(windows.map(({ machineBusyShare, cpuCores }) => ({ machineBusyShare, ownCores: cpuCores }))),
    ...(first ? { first: `after ${seconds(first.window.startMs, 0)}: ${first.reason}` } : {}),
  };
}

export function mergeWindows(all: readonly WindowsSummary[]): WindowsSummary {
  const first = all.find((summary) => summary.first !== undefined)?.first;
  return {
    count: all.reduce((sum, { count }) => sum + count, 0),
    limited: all.reduce((sum, { limited }) => sum + limited, 0),
    ...busiest(all),
    ...(first === undefined ? {} : { first }),
  };
}

type MachineLoad = Pick<WindowsSummary, 'machineBusyShare' | 'ownCores'>;

function busiest(all: readonly MachineLoad[]): MachineLoad {
  const unknown: MachineLoad = { machineBusyShare: null, ownCores: 0 };
  return all.reduce((top, { machineBusyShare, ownCores }) => {
    return (machineBusyShare ?? -1) > (top.machineBusyShare ?? -1) ? { machineBusyShare, ownCores } : top;
  }, unknown);
}

/**
 * Checks in how many windows the generators fell behind. It finds short stalls that the figures of a whole hold average
 * out.
 */
export function windowsCheck(
  generators: readonly { readonly identity: string; readonly windows?: WindowsSummary }[],
): ValidityCheck {
  const { count, limited } = mergeWindows(generators.map(({ windows = noWindows }) => windows));
  const measured = count === 0 ? 0 : limited / count;
  const limit = LIMITS.limitedWindowsShare;
  const worst = generators.find(({ windows }) => windows?.first !== undefined);
  const example = worst ? `; first: ${worst.identity} ${worst.windows!.first}${machineLoad(worst.windows!)}` : '';
  return {
    name: 'generator windows',
    ok: measured <= limit,
    measured,
    limit,
    unit: '',
    detail: `generators fell behind in ${limited} of ${count} windows of ${seconds(WINDOW_MS, 0)} (limit ${percent(limit, 0)})${example}`,
  };
}

function machineLoad({ machineBusyShare, ownCores }: WindowsSummary): string {
  if (machineBusyShare === null) return '';
  return `; machine CPU up to ${percent(machineBusyShare, 0)} busy, the generator used ${ownCores.toFixed(1)} cores`;
}
