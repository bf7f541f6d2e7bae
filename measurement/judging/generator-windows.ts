import { noWindows, WINDOW_MS, type GeneratorWindow, type WindowsSummary } from '../account/generator-audit';
import { SAMPLES_NEEDED } from '../account/histogram';
import { LIMITS, type ValidityCheck } from './validity-check';

/** Schedule lag may reach this, for a start that takes so long. Milliseconds. */
export function lagLimit(startP50Ms: number): number {
  return Math.max(LIMITS.lagFloorMs, LIMITS.lagShareOfStart * startP50Ms);
}

/** What kept a generator from its plan in one window; undefined if nothing did. */
export function limitedBy(window: GeneratorWindow, startP50Ms: number): string | undefined {
  const { sent, lagP95Ms, eventLoopUtilization, cpuThrottledShare } = window;
  const limit = lagLimit(startP50Ms);
  if (sent >= SAMPLES_NEEDED.p95 && lagP95Ms > limit)
    return `5 % of the starts were more than ${lagP95Ms.toFixed(1)} ms late (limit ${limit.toFixed(1)} ms)`;
  if (eventLoopUtilization > LIMITS.eventLoopUtilization)
    return `its main thread was busy ${(eventLoopUtilization * 100).toFixed(0)} % of the time`;
  if ((cpuThrottledShare ?? 0) > LIMITS.cpuThrottledShare)
    return `its CPU was throttled ${((cpuThrottledShare ?? 0) * 100).toFixed(1)} % of the time`;
  return undefined;
}

export function summarizeWindows(windows: readonly GeneratorWindow[], startP50Ms: number): WindowsSummary {
  const limited = windows.flatMap((window) => {
    const why = limitedBy(window, startP50Ms);
    return why === undefined ? [] : [{ window, why }];
  });
  const [first] = limited;
  return {
    count: windows.length,
    limited: limited.length,
    ...busiest(windows.map(({ machineBusyShare, cpuCores }) => ({ machineBusyShare, ownCores: cpuCores }))),
    ...(first ? { first: `after ${(first.window.startMs / 1000).toFixed(0)} s ${first.why}` } : {}),
  };
}

export function mergeWindows(all: readonly WindowsSummary[]): WindowsSummary {
  const first = all.find((one) => one.first !== undefined)?.first;
  return {
    count: all.reduce((sum, { count }) => sum + count, 0),
    limited: all.reduce((sum, { limited }) => sum + limited, 0),
    ...busiest(all),
    ...(first === undefined ? {} : { first }),
  };
}

type Busy = Pick<WindowsSummary, 'machineBusyShare' | 'ownCores'>;

function busiest(all: readonly Busy[]): Busy {
  const none: Busy = { machineBusyShare: null, ownCores: 0 };
  return all.reduce((top, { machineBusyShare, ownCores }) => {
    return (machineBusyShare ?? -1) > (top.machineBusyShare ?? -1) ? { machineBusyShare, ownCores } : top;
  }, none);
}

/** A generator that could not keep up for a while: what the figures over a whole hold hide. */
export function windowsCheck(
  generators: readonly { readonly identity: string; readonly windows?: WindowsSummary }[],
): ValidityCheck {
  const known = generators.map(({ windows = noWindows }) => windows);
  const { count, limited } = mergeWindows(known);
  const measured = count === 0 ? 0 : limited / count;
  const limit = LIMITS.limitedWindowsShare;
  const worst = generators.find(({ windows }) => windows?.first !== undefined);
  const example = worst ? `; first ${worst.identity}: ${worst.windows!.first}${machineOf(worst.windows!)}` : '';
  return {
    name: 'generator windows',
    ok: measured <= limit,
    measured,
    limit,
    unit: '',
    detail: `generators could not keep up in ${limited} of ${count} windows of ${WINDOW_MS / 1000} s (limit ${limit * 100} %)${example}`,
  };
}

function machineOf({ machineBusyShare, ownCores }: WindowsSummary): string {
  if (machineBusyShare === null) return '';
  return `; its machine's CPUs were up to ${(machineBusyShare * 100).toFixed(0)} % busy, ${ownCores.toFixed(1)} cores of it its own`;
}
