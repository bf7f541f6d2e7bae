import { summarize } from './histogram';
import type { GeneratorAudit, StepMeasurement } from './lane';

/**
 * Did we measure the server, or ourselves? Each check names what was measured and where the limit lies.
 * The figures that justify the limits are in docs/calibration.md.
 */
export interface ValidityCheck {
  readonly name: string;
  readonly ok: boolean;
  readonly measured: number;
  readonly limit: number;
  readonly unit: string;
  /** One sentence for a person. */
  readonly detail: string;
}

export interface Validity {
  readonly valid: boolean;
  readonly checks: readonly ValidityCheck[];
  /** The sentences of the checks that failed; empty if and only if valid. */
  readonly reasons: readonly string[];
}

/** How a host fared while the step went on. */
export interface HostAudit {
  readonly identity: string;
  readonly eventLoopUtilization: number;
  /** Share of the samples in which every workflow-task slot was taken, 0–1. */
  readonly slotsExhaustedShare: number;
  /** Times the worker process had to be started anew. */
  readonly restarts: number;
}

export const LIMITS = {
  /** Schedule-lag p99 may reach this, or a tenth of the median start, whichever is more. Milliseconds. */
  lagFloorMs: 5,
  lagShareOfStart: 0.1,
  eventLoopUtilization: 0.8,
  cpuThrottledShare: 0.01,
  slotsExhaustedShare: 0.05,
  clockUncertaintyMs: 50,
  lostSamplesShare: 0.01,
} as const;

/** @param maxGapShare the tolerated share of a step's arrivals in gaps between a generator's attempts */
export function assessValidity(
  step: Pick<StepMeasurement, 'ledger' | 'histograms' | 'audits' | 'observation' | 'gapArrivals'>,
  hosts: readonly HostAudit[],
  maxGapShare: number,
): Validity {
  const checks = [
    lagCheck(step),
    worst('generator event loop', step.audits, (audit) => audit.eventLoopUtilization, LIMITS.eventLoopUtilization),
    throttleCheck(step.audits),
    clockCheck(step.audits),
    gapCheck(step, maxGapShare),
    lostCheck(step),
    ...hostChecks(hosts),
  ];
  return verdictOf(checks);
}

export function verdictOf(checks: readonly ValidityCheck[]): Validity {
  const failed = checks.filter((check) => !check.ok);
  return { valid: failed.length === 0, checks, reasons: failed.map((check) => check.detail) };
}

function lagCheck({ histograms }: Pick<StepMeasurement, 'histograms'>): ValidityCheck {
  const lag = summarize(histograms.lag).p99.ms;
  const start = summarize(histograms.start).p50.ms;
  const limit = Math.max(LIMITS.lagFloorMs, LIMITS.lagShareOfStart * start);
  return {
    name: 'schedule lag',
    ok: lag <= limit,
    measured: lag,
    limit,
    unit: 'ms',
    detail: `99 % of the starts were sent within ${lag.toFixed(1)} ms of their due time (limit ${limit.toFixed(1)} ms)`,
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

function throttleCheck(audits: readonly GeneratorAudit[]): ValidityCheck {
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

function clockCheck(audits: readonly GeneratorAudit[]): ValidityCheck {
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

function gapCheck(
  { ledger, gapArrivals }: Pick<StepMeasurement, 'ledger' | 'gapArrivals'>,
  limit: number,
): ValidityCheck {
  const measured = ledger.scheduled === 0 ? 0 : gapArrivals / ledger.scheduled;
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
function lostCheck({ observation }: Pick<StepMeasurement, 'observation'>): ValidityCheck {
  const { chosen, lost } = observation;
  const measured = chosen === 0 ? 0 : lost / chosen;
  const limit = LIMITS.lostSamplesShare;
  return {
    name: 'lost samples',
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
    worst('host event loop', hosts, (host) => host.eventLoopUtilization, LIMITS.eventLoopUtilization),
    {
      name: 'host task slots',
      ok: measured <= limit,
      measured,
      limit,
      unit: '',
      detail: `a host had no free workflow-task slot ${percent(measured)} of the time (limit ${percent(limit)})`,
    },
  ];
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
