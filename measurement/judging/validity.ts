import { longestSilence, meanDuring, type EncodedWindows } from './audit-windows';
import { lagLimit, windowsCheck } from './generator-windows';
import { SAMPLES_NEEDED, summarize } from '../account/histogram';
import type { StepMeasurement } from '../account/lane';
import type { GeneratorAudit } from '../account/generator-audit';
import { GAP } from '../account/ledger';
import { percent, seconds } from '../format/numbers';
import { LIMITS, LOST_SAMPLES, type ValidityCheck } from './validity-check';

export { LIMITS, type ValidityCheck };

/** The figures of a step's measurement that the checks use. */
export interface Evidence {
  readonly scheduled: number;
  readonly gapArrivals: number;
  /** Completions selected for observation, and those that the benchmark failed to observe. */
  readonly chosen: number;
  readonly lost: number;
  readonly lagP99Ms: number;
  readonly lagP95Ms: number;
  readonly lagP50Ms: number;
  readonly latencyP99Ms: number;
  readonly latencyP95Ms: number;
  readonly latencyP50Ms: number;
  readonly startP50Ms: number;
  readonly generators: readonly Pick<
    GeneratorAudit,
    'identity' | 'eventLoopUtilization' | 'cpuThrottledShare' | 'clockUncertaintyMs' | 'windows'
  >[];
}

export function evidenceOf(measurement: StepMeasurement): Evidence {
  const { ledger, gapArrivals, observation, histograms, audits } = measurement;
  const lag = summarize(histograms.lag);
  const latency = summarize(histograms.latency);
  return {
    scheduled: ledger.scheduled,
    // A generator that died while it handed its lane over leaves a gap that only the server's count reveals.
    gapArrivals: Math.max(gapArrivals, ledger.skipped[GAP] ?? 0),
    chosen: observation.chosen,
    lost: observation.lost,
    lagP99Ms: lag.p99.ms,
    lagP95Ms: lag.p95.ms,
    lagP50Ms: lag.p50.ms,
    latencyP99Ms: latency.p99.ms,
    latencyP95Ms: latency.p95.ms,
    latencyP50Ms: latency.p50.ms,
    startP50Ms: summarize(histograms.start).p50.ms,
    generators: audits.map(({ identity, eventLoopUtilization, cpuThrottledShare, clockUncertaintyMs, windows }) => {
      return { identity, eventLoopUtilization, cpuThrottledShare, clockUncertaintyMs, windows };
    }),
  };
}

export interface Validity {
  readonly valid: boolean;
  readonly checks: readonly ValidityCheck[];
  /** The details of the checks that failed; empty if and only if valid. */
  readonly reasons: readonly string[];
}

/** The load of a host during a step. */
export interface HostAudit {
  readonly host: number;
  readonly identity: string;
  readonly eventLoopUtilization: number;
  /** Share of the samples in which all workflow task slots or all activity slots were in use, 0–1. */
  readonly slotsExhaustedShare: number;
  /** CPU used by all threads, in cores. */
  readonly cpuCores: number;
  /** The longest time without a report from the host, milliseconds. */
  readonly silentMs: number;
  /** How often the worker process was restarted. */
  readonly restarts: number;
}

/** The load that a host reported over its whole lifetime. */
export interface HostHistory {
  readonly host: number;
  readonly identity: string;
  readonly restarts: number;
  readonly windows: EncodedWindows;
}

/** Returns the load of each host between two instants, given in milliseconds since the epoch. */
export function hostsDuring(hosts: readonly HostHistory[], fromMs: number, toMs: number): HostAudit[] {
  return hosts.map(({ host, identity, restarts, windows }) => {
    const mean = meanDuring(windows, fromMs, toMs) ?? { eventLoopUtilization: 0, slotsExhaustedShare: 0, cpuCores: 0 };
    return { host, identity, restarts, silentMs: longestSilence(windows, fromMs, toMs), ...mean };
  });
}

/**
 * Decides whether the figures of a hold describe the server rather than the benchmark.
 *
 * @param maxGapShare the tolerated share of arrivals that fell due between two attempts of a generator, 0–1
 * @param targetTooSlow whether the target completed too little of the load: lost samples do not change that
 */
export function assessValidity(
  evidence: Evidence,
  hosts: readonly HostAudit[],
  maxGapShare: number,
  targetTooSlow = false,
): Validity {
  const { generators } = evidence;
  const checks = [
    lagCheck(evidence),
    eventLoopCheck('generator event loop', generators),
    throttleCheck(generators),
    windowsCheck(generators),
    clockCheck(generators),
    gapCheck(evidence, maxGapShare),
    lostCheck(evidence, targetTooSlow),
    ...hostChecks(hosts),
  ];
  return validityFrom(checks);
}

export function validityFrom(checks: readonly ValidityCheck[]): Validity {
  const failed = checks.filter((check) => !check.ok);
  return { valid: failed.length === 0, checks, reasons: failed.map((check) => check.detail) };
}

/** Compares the highest percentile that has enough samples. With fewer than 662 starts, one late start decides the p99. */
function lagCheck(evidence: Evidence): ValidityCheck {
  const { scheduled } = evidence;
  const [share, lag, latency] =
    scheduled >= SAMPLES_NEEDED.p99
      ? [99, evidence.lagP99Ms, evidence.latencyP99Ms]
      : scheduled >= SAMPLES_NEEDED.p95
        ? [95, evidence.lagP95Ms, evidence.latencyP95Ms]
        : [50, evidence.lagP50Ms, evidence.latencyP50Ms];
  const limit = lagLimit(evidence.startP50Ms, latency);
  return {
    name: 'schedule lag',
    ok: lag <= limit,
    measured: lag,
    limit,
    unit: 'ms',
    detail: `${share} % of the starts were sent within ${lag.toFixed(1)} ms of their due time (limit ${limit.toFixed(1)} ms)`,
  };
}

function eventLoopCheck(
  name: string,
  processes: readonly { readonly identity: string; readonly eventLoopUtilization: number }[],
): ValidityCheck {
  const measured = Math.max(0, ...processes.map(({ eventLoopUtilization }) => eventLoopUtilization));
  const busiest = processes.find(({ eventLoopUtilization }) => eventLoopUtilization === measured);
  const limit = LIMITS.eventLoopUtilization;
  return {
    name,
    ok: measured <= limit,
    measured,
    limit,
    unit: '',
    detail: busiest
      ? `the main thread of ${busiest.identity} was ${percent(measured)} busy (limit ${percent(limit)})`
      : 'no process reported how busy its main thread was',
  };
}

function throttleCheck(audits: Evidence['generators']): ValidityCheck {
  const known = audits.flatMap(({ cpuThrottledShare }) => (cpuThrottledShare === null ? [] : [cpuThrottledShare]));
  const measured = Math.max(0, ...known);
  const limit = LIMITS.cpuThrottledShare;
  return {
    name: 'generator CPU throttling',
    ok: measured <= limit,
    measured,
    limit,
    unit: '',
    detail:
      known.length === 0
        ? 'no generator could read its CPU throttling (no cgroup v2 CPU statistics)'
        : `the CPU of a generator was throttled ${percent(measured)} of the time (limit ${percent(limit)})`,
  };
}

function clockCheck(audits: Evidence['generators']): ValidityCheck {
  const measured = Math.max(0, ...audits.map((audit) => audit.clockUncertaintyMs));
  const limit = LIMITS.clockUncertaintyMs;
  return {
    name: 'clock uncertainty',
    ok: measured <= limit,
    measured,
    limit,
    unit: 'ms',
    detail: `generators know the control server's time to within ± ${measured.toFixed(1)} ms (limit ± ${limit} ms)`,
  };
}

function gapCheck({ scheduled, gapArrivals }: Evidence, limit: number): ValidityCheck {
  const measured = scheduled === 0 ? 0 : gapArrivals / scheduled;
  return {
    name: 'generator gap',
    ok: measured <= limit,
    measured,
    limit,
    unit: '',
    detail: `${percent(measured)} of the arrivals fell due while their generator was down (limit ${percent(limit)})`,
  };
}

/**
 * Lost samples are not a random selection, so more than a few of them make the percentiles unreliable. A slow target causes
 * them too; the verdict then rests on the number of completions, which the server counts.
 */
function lostCheck({ chosen, lost }: Evidence, targetTooSlow: boolean): ValidityCheck {
  const measured = chosen === 0 ? 0 : lost / chosen;
  const limit = LIMITS.lostSamplesShare;
  return {
    name: LOST_SAMPLES,
    ok: measured <= limit || targetTooSlow,
    measured,
    limit,
    unit: '',
    detail: `${lost} of ${chosen} completions could not be observed (limit ${percent(limit)})`,
  };
}

function hostChecks(hosts: readonly HostAudit[]): ValidityCheck[] {
  if (hosts.length === 0) return [];
  const measured = Math.max(...hosts.map((host) => host.slotsExhaustedShare));
  const limit = LIMITS.slotsExhaustedShare;
  return [
    silenceCheck(hosts),
    eventLoopCheck('host event loop', hosts),
    {
      name: 'host task slots',
      ok: measured <= limit,
      measured,
      limit,
      unit: '',
      detail: `all workflow task slots or all activity slots of a host were in use ${percent(measured)} of the time (limit ${percent(limit)})`,
    },
  ];
}

function silenceCheck(hosts: readonly HostAudit[]): ValidityCheck {
  const measured = Math.max(...hosts.map((host) => host.silentMs));
  const limit = LIMITS.hostSilentMs;
  const silent = hosts.find((host) => host.silentMs === measured)!;
  return {
    name: 'host availability',
    ok: measured <= limit,
    measured,
    limit,
    unit: 'ms',
    detail: `host ${silent.host} did not report for ${seconds(measured)} of the hold (limit ${seconds(limit, 0)})`,
  };
}
