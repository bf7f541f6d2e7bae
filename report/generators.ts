import { mergeWindows } from '../measurement/judging/generator-windows';
import type { GeneratorAudit } from '../measurement/account/generator-audit';
import type { BenchmarkResult } from './result-schema';

/**
 * Returns one audit per generator process over all holds: the worst value of each figure, and the sum of each counter. The
 * result therefore stays small, however many holds there were.
 */
export function generatorsOf(audits: readonly GeneratorAudit[]): BenchmarkResult['generators'] {
  const byIdentity = new Map<string, GeneratorAudit>();
  for (const audit of audits) {
    const before = byIdentity.get(audit.identity);
    byIdentity.set(audit.identity, before ? worstOf(before, audit) : audit);
  }
  return [...byIdentity.values()].map((audit) => ({ ...audit }));
}

/**
 * Returns the audits that a step keeps after {@link generatorsOf} has merged its audits: those that decide the validity of
 * the step, and the one with the most attempts.
 */
export function decisiveOf(audits: readonly GeneratorAudit[]): GeneratorAudit[] {
  const most = (pick: (audit: GeneratorAudit) => number) =>
    audits.reduce<GeneratorAudit | undefined>((top, one) => (top && pick(top) >= pick(one) ? top : one), undefined);
  const decisive = [
    most((audit) => audit.eventLoopUtilization),
    most((audit) => audit.cpuThrottledShare ?? -1),
    most((audit) => audit.clockUncertaintyMs),
    most((audit) => audit.attempts),
  ];
  const kept = [...new Set(decisive.filter((audit) => audit !== undefined))];
  // The machine is kept per process, and the first audit carries the windows of all generators.
  const { windows } = windowsOf(audits);
  return kept.map(({ machine: _, windows: _own, ...audit }, i) => (i === 0 && windows ? { ...audit, windows } : audit));
}

function worstOf(a: GeneratorAudit, b: GeneratorAudit): GeneratorAudit {
  const most = (pick: (audit: GeneratorAudit) => number) => Math.max(pick(a), pick(b));
  const throttled = [a.cpuThrottledShare, b.cpuThrottledShare].filter((share) => share !== null);
  return {
    identity: a.identity,
    attempts: most((audit) => audit.attempts),
    eventLoopUtilization: most((audit) => audit.eventLoopUtilization),
    eventLoopDelayP99Ms: most((audit) => audit.eventLoopDelayP99Ms),
    cpuThrottledShare: throttled.length === 0 ? null : Math.max(...throttled),
    clockOffsetMs: Math.abs(a.clockOffsetMs) > Math.abs(b.clockOffsetMs) ? a.clockOffsetMs : b.clockOffsetMs,
    clockUncertaintyMs: most((audit) => audit.clockUncertaintyMs),
    maxResidentBytes: most((audit) => audit.maxResidentBytes),
    observerRetries: a.observerRetries + b.observerRetries,
    maxInFlight: most((audit) => audit.maxInFlight),
    capLowered: a.capLowered + b.capLowered,
    ...windowsOf([a, b]),
    ...(b.machine ? { machine: b.machine } : {}),
  };
}

function windowsOf(audits: readonly GeneratorAudit[]): Pick<GeneratorAudit, 'windows'> {
  const known = audits.flatMap(({ windows }) => (windows ? [windows] : []));
  return known.length === 0 ? {} : { windows: mergeWindows(known) };
}
