import { longestSilence, meanDuring, type EncodedWindows } from './audit-windows';
import { lagLimit, windowsCheck } from './generator-windows';
import { SAMPLES_NEEDED, summarize } from '../account/histogram';
import type { StepMeasurement } from '../account/lane';
import type { GeneratorAudit } from '../account/generator-audit';
import { GAP } from '../account/ledger';
import { LIMITS, LOST_SAMPLES, type ValidityCheck } from './validity-check';

export { LIMITS, type ValidityCheck };

/** What the checks rest on: the few figures of a step's measurement that say how its generators fared. */
export interface Evidence {
  readonly scheduled: number;
  readonly gapArrivals: number;
  /** Completions that were to be observed, and those that were not seen because of us. */
  readonly chosen: number;
  readonly lost: number;
  readonly lagP99Ms: number;
  readonly lagP95Ms: number;
  readonly lagP50Ms: number;
  readonly startP50Ms: number;
  readonly generators: readonly Pick<
    GeneratorAudit,
    'identity' | 'eventLoopUtilization' | 'cpuThrottledShare' | 'clockUncertaintyMs' | 'windows'
  >[];
}

export function evidenceOf(measurement: StepMeasurement): Evidence {
  const { ledger, gapArrivals, observation, histograms, audits } = measurement;
  const lag = summarize(histograms.lag);
  return {
    scheduled: ledger.scheduled,
    // A leaving generator that died before it had kept its word left a gap which only the server's account shows.
    gapArrivals: Math.max(gapArrivals, ledger.skipped[GAP] ?? 0),
    chosen: observation.chosen,
    lost: observation.lost,
    lagP99Ms: lag.p99.ms,
    lagP95Ms: lag.p95.ms,
    lagP50Ms: lag.p50.ms,
    startP50Ms: summarize(histograms.start).p50.ms,
    generators: audits.map(({ identity, eventLoopUtilization, cpuThrottledShare, clockUncertaintyMs, windows }) => {
      return { identity, eventLoopUtilization, cpuThrottledShare, clockUncertaintyMs, windows };
    }),
  };
}

export interface Validity {
  readonly valid: boolean;
  readonly checks: readonly ValidityCheck[];
  /** The sentences of the checks that failed; empty if and only if valid. */
  readonly reasons: readonly string[];
}

/** How a host fared while the step went on. */
export interface HostAudit {
  readonly host: number;
  readonly identity: string;
  readonly eventLoopUtilization: number;
  /** Share of the samples in which every slot for workflow tasks, or for activities, was taken, 0–1. */
  readonly slotsExhaustedShare: number;
  /** CPU that all its threads used, in cores. */
  readonly cpuCores: number;
  /** The longest time in which nothing was heard of it. Milliseconds. */
  readonly silentMs: number;
  /** Times the worker process had to be started anew. */
  readonly restarts: number;
}

/** What a host tells of itself over its whole life. */
export interface HostHistory {
  readonly host: number;
  readonly identity: string;
  readonly restarts: number;
  readonly windows: EncodedWindows;
}

/** Hosts as they fared from one instant to another: milliseconds since the epoch. */
export function hostsDuring(hosts: readonly HostHistory[], fromMs: number, toMs: number): HostAudit[] {
  return hosts.map(({ host, identity, restarts, windows }) => {
    const mean = meanDuring(windows, fromMs, toMs) ?? { eventLoopUtilization: 0, slotsExhaustedShare: 0, cpuCores: 0 };
    return { host, identity, restarts, silentMs: longestSilence(windows, fromMs, toMs), ...mean };
  });
}

/** @param maxGapShare the tolerated share of a step's arrivals in gaps between a generator's attempts */
export function assessValidity(evidence: Evidence, hosts: readonly HostAudit[], maxGapShare: number): Validity {
  const { generators } = evidence;
  const checks = [
    lagCheck(evidence),
    worst('generator event loop', generators, (audit) => audit.eventLoopUtilization, LIMITS.eventLoopUtilization),
    throttleCheck(generators),
    windowsCheck(generators),
    clockCheck(generators),
    gapCheck(evidence, maxGapShare),
    lostCheck(evidence),
    ...hostChecks(hosts),
  ];
  return validityFrom(checks);
}

export function validityFrom(checks: readonly ValidityCheck[]): Validity {
  const failed = checks.filter((check) => !check.ok);
  return { valid: failed.length === 0, checks, reasons: failed.map((check) => check.detail) };
}

/**
 * The highest percentile decides for which there are samples enough: below 662 starts one hiccup of one arrival would be
 * the p99.
 */
function lagCheck({ scheduled, lagP99Ms, lagP95Ms, lagP50Ms, startP50Ms }: Evidence): ValidityCheck {
  const [share, lag] =
    scheduled >= SAMPLES_NEEDED.p99
      ? [99, lagP99Ms]
      : scheduled >= SAMPLES_NEEDED.p95
        ? [95, lagP95Ms]
        : [50, lagP50Ms];
  const limit = lagLimit(startP50Ms);
  return {
    name: 'schedule lag',
    ok: lag <= limit,
    measured: lag,
    limit,
    unit: 'ms',
    detail: `${share} % of the starts were sent within ${lag.toFixed(1)} ms of their due time (limit ${limit.toFixed(1)} ms)`,
  };
}

function worst(
  name: string,
  audits: readonly { readonly identity: string; readonly eventLoopUtilization: number }[],
  pick: (audit: { readonly eventLoopUtilization: number }) => number,
  limit: number,
): ValidityCheck {
  const measured = Math.max(0, ...audits.map(pick));
  const who = audits.find((audit) => pick(audit) === measured)?.identity ?? 'nobody';
  return {
    name,
    ok: measured <= limit,
    measured,
    limit,
    unit: '',
    detail: `the main thread of ${who} was busy ${percent(measured)} of the time (limit ${percent(limit)})`,
  };
}

function throttleCheck(audits: Evidence['generators']): ValidityCheck {
  const known = audits.flatMap(({ cpuThrottledShare }) => (cpuThrottledShare === null ? [] : [cpuThrottledShare]));
  const measured = Math.max(0, ...known);
  const limit = LIMITS.cpuThrottledShare;
  return {
    name: 'generator CPU quota',
    ok: measured <= limit,
    measured,
    limit,
    unit: '',
    detail:
      known.length === 0
        ? 'CPU throttling could not be read on any generator (no cgroup v2 CPU statistics)'
        : `a generator's CPU was throttled ${percent(measured)} of the time (limit ${percent(limit)})`,
  };
}

function clockCheck(audits: Evidence['generators']): ValidityCheck {
  const measured = Math.max(0, ...audits.map((audit) => audit.clockUncertaintyMs));
  const limit = LIMITS.clockUncertaintyMs;
  return {
    name: 'clock',
    ok: measured <= limit,
    measured,
    limit,
    unit: 'ms',
    detail: `generators know the control server's clock to ± ${measured.toFixed(1)} ms (limit ${limit} ms)`,
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
    detail: `${percent(measured)} of the arrivals fell into gaps while a generator was down (limit ${percent(limit)})`,
  };
}

/** Samples that are lost are not a random part of all samples, so the percentiles cannot be trusted beyond a few. */
function lostCheck({ chosen, lost }: Evidence): ValidityCheck {
  const measured = chosen === 0 ? 0 : lost / chosen;
  const limit = LIMITS.lostSamplesShare;
  return {
    name: LOST_SAMPLES,
    ok: measured <= limit,
    measured,
    limit,
    unit: '',
    detail: `${lost} of ${chosen} completions to be observed were not seen (limit ${percent(limit)})`,
  };
}

function hostChecks(hosts: readonly HostAudit[]): ValidityCheck[] {
  if (hosts.length === 0) return [];
  const measured = Math.max(...hosts.map((host) => host.slotsExhaustedShare));
  const limit = LIMITS.slotsExhaustedShare;
  return [
    silenceCheck(hosts),
    worst('host event loop', hosts, (host) => host.eventLoopUtilization, LIMITS.eventLoopUtilization),
    {
      name: 'host task slots',
      ok: measured <= limit,
      measured,
      limit,
      unit: '',
      detail: `all slots of a host, for workflow tasks or for activities, were taken ${percent(measured)} of the time (limit ${percent(limit)})`,
    },
  ];
}

function silenceCheck(hosts: readonly HostAudit[]): ValidityCheck {
  const measured = Math.max(...hosts.map((host) => host.silentMs));
  const limit = LIMITS.hostSilentMs;
  const who = hosts.find((host) => host.silentMs === measured)!;
  return {
    name: 'host present',
    ok: measured <= limit,
    measured,
    limit,
    unit: 'ms',
    detail: `host ${who.host} was not there for ${(measured / 1000).toFixed(1)} s of the hold (limit ${limit / 1000} s)`,
  };
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
