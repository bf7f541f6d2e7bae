import { emptyHistogram, encodeHistogram, summarize, type EncodedHistogram } from '../measurement/histogram';
import { mergeLaneHistograms, mergeObservations, type LaneHistograms, type StepMeasurement } from '../measurement/lane';
import { mergeLedgers, startedWorkflows, total, unaccounted, type Ledger } from '../measurement/ledger';
import { completedDuring, errorRate, throughput } from '../measurement/reached';
import { coarsen, COLUMNS, MAX_POINTS, mergeSeries, packSeries, unpackSeries } from '../measurement/series';
import type { HostAudit, Validity } from '../measurement/validity';
import type { Thresholds, Verdict } from '../measurement/verdict';
import type { BenchmarkSpec } from '../spec/parse';
import { endingOf, type Outcome } from './exit-codes';
import { SCHEMA_VERSION, type BenchmarkResult, type ResultLatency, type StepResult } from './result-schema';

/** A step as it was run: its place in the plan, what was measured, and what the server and the judges said. */
export interface StepFacts {
  readonly step: {
    readonly index: number;
    readonly name: string;
    readonly kind: 'ramp' | 'hold' | 'lead-in';
    readonly attempt: number;
    readonly fromRate: number;
    readonly toRate: number;
    readonly startMs: number;
    readonly durationMs: number;
    readonly thresholds?: Thresholds;
  };
  readonly measurement: StepMeasurement;
  /** The ledger once the server has settled what was provisional. */
  readonly settled: Ledger;
  readonly server?: BenchmarkResult['server']['counts'];
  readonly verdict?: Verdict;
  readonly validity?: Validity;
}

export interface CleanupFacts {
  readonly complete: boolean;
  readonly terminated: number;
  /** Workflows of the run that still run, as counted at the end; null if even that could not be counted. */
  readonly stillRunning: number | null;
  readonly namespaceDeleted: boolean;
  readonly warnings: readonly string[];
  /** The commands that finish the job by hand; empty when complete. */
  readonly commands: readonly string[];
}

/** Everything a run found out, in the order it did; what it never got to is absent. */
export interface RunFacts {
  readonly spec: BenchmarkSpec;
  readonly startedAtMs: number;
  readonly runId: string;
  readonly workflowId: string;
  readonly namespace: string;
  readonly thresholds: Thresholds;
  readonly observeShare: number;
  readonly seriesWidthMs: number;
  readonly system?: BenchmarkResult['system'];
  readonly loadStartMs?: number;
  readonly loadDurationMs: number;
  readonly shifts: readonly { readonly step: string; readonly byMs: number }[];
  readonly steps: readonly StepFacts[];
  readonly hosts: readonly (HostAudit & { readonly host: number })[];
  readonly reconciliation?: {
    readonly settledBy: string;
    readonly visibilityWaitMs: number;
    readonly open: readonly string[];
    readonly completedInWindow: readonly (readonly [number, number])[];
  };
  readonly cleanup?: CleanupFacts;
  readonly error?: string;
  readonly abortReason?: string;
  readonly notes: readonly string[];
}

/** Puts a result together. It is complete and valid against its schema however early the run ended. */
export function resultOf(facts: RunFacts): BenchmarkResult {
  const steps = facts.steps.map((step) => stepResult(step, facts));
  const counted = steps.filter((step) => step.counted);
  const headline = headlineOf(counted);
  const ledger = mergeLedgers(facts.steps.map((step) => step.settled));
  const server = serverOf(facts, ledger);
  const verdict = verdictOf(counted, facts);
  const validity = validityOf(facts, counted);
  const ending = endingOf(
    outcomesOf(facts, { passed: verdict.passed, valid: validity.valid, accounted: server.agrees }),
  );
  return {
    schemaVersion: SCHEMA_VERSION,
    timestamp: new Date(facts.startedAtMs).toISOString(),
    runId: facts.runId,
    workflowId: facts.workflowId,
    namespace: facts.namespace,
    outcome: ending.outcomes[0]!,
    outcomes: [...ending.outcomes],
    exitCode: ending.exitCode,
    ...(facts.error === undefined ? {} : { error: facts.error }),
    ...(facts.abortReason === undefined ? {} : { abortReason: facts.abortReason }),
    config: { ...facts.spec },
    passed: verdict.passed,
    failureReasons: verdict.failureReasons,
    results: resultsOf(facts, headline, ledger, server.counts),
    thresholds: {
      ...(headline?.step.thresholds ?? facts.thresholds),
      checks: [...(headline?.result.thresholds ?? [])],
    },
    validity,
    system: facts.system ?? UNKNOWN_SYSTEM,
    ledger: { ...ledger },
    server,
    completion: completionOf(facts),
    ...(facts.spec.stages === undefined ? {} : { staircase: staircaseOf(counted) }),
    steps: steps.map((step) => step.result),
    generators: facts.steps.flatMap((step) => (step.step.kind === 'hold' ? step.measurement.audits : [])),
    hosts: facts.hosts.map((host) => ({ ...host })),
    timeline: {
      loadStart: facts.loadStartMs === undefined ? null : new Date(facts.loadStartMs).toISOString(),
      durationMs: facts.loadDurationMs,
      shifts: [...facts.shifts],
    },
    series: seriesOf(facts),
    cleanup: facts.cleanup
      ? { ...facts.cleanup, warnings: [...facts.cleanup.warnings], commands: [...facts.cleanup.commands] }
      : null,
    notes: [...facts.notes],
  };
}

const UNKNOWN_SYSTEM: BenchmarkResult['system'] = {
  instanceType: 'unknown',
  historyShards: 'unknown',
  services: 'unknown',
  serverVersion: 'unknown',
  persistence: 'unknown',
  visibility: 'unknown',
  clusterName: 'unknown',
};

interface StepPair extends StepFacts {
  readonly counted: boolean;
  readonly result: StepResult;
}

/** Only complete holds count, and of a hold that was run again only the last attempt. */
export function isCounted(step: StepFacts, all: readonly StepFacts[]): boolean {
  if (step.step.kind !== 'hold' || step.measurement.cutShort !== undefined) return false;
  return !all.some(({ step: other, measurement }) => {
    const later = other.name === step.step.name && other.attempt > step.step.attempt;
    return later && measurement.cutShort === undefined;
  });
}

function stepResult(step: StepFacts, facts: RunFacts): StepPair {
  const { measurement, settled } = step;
  const { thresholds: _required, ...planned } = step.step;
  const counted = isCounted(step, facts.steps);
  const perSecond = (n: number) => throughput(n, planned.durationMs);
  const skipped = total(settled.skipped);
  const result: StepResult = {
    ...planned,
    counted,
    ...(measurement.cutShort === undefined ? {} : { cutShort: measurement.cutShort }),
    gapArrivals: measurement.gapArrivals,
    ledger: { ...settled },
    rates: {
      target: (planned.fromRate + planned.toRate) / 2,
      scheduled: perSecond(settled.scheduled),
      sent: perSecond(settled.scheduled - skipped - settled.inDoubt),
      acknowledged: perSecond(settled.acknowledged),
      completed: perSecond(completedInStep(planned.index, facts)),
    },
    ...latenciesOf(measurement.histograms),
    ...(step.server ? { server: { ...step.server } } : {}),
    ...(step.verdict
      ? {
          passed: step.verdict.passed,
          thresholds: [...step.verdict.thresholds],
          failureReasons: [...step.verdict.failureReasons],
        }
      : {}),
    ...(step.validity ? { validity: copyValidity(step.validity) } : {}),
  };
  return { ...step, counted, result };
}

/** Completions in the time of a step: the clients' count where they saw all, the server's where they saw a sample. */
export function completedInStep(
  index: number,
  facts: Pick<RunFacts, 'steps' | 'reconciliation' | 'observeShare'>,
): number {
  const byServer = facts.reconciliation?.completedInWindow.find(([step]) => step === index);
  if (byServer) return byServer[1];
  const seen = completedDuring(
    index,
    facts.steps.map((step) => step.measurement),
  );
  return facts.observeShare < 1 ? Math.round(seen / facts.observeShare) : seen;
}

/** The step whose figures stand at the top: the only hold, or the highest of a staircase that was valid and passed. */
function headlineOf(counted: readonly StepPair[]): StepPair | undefined {
  const good = counted.filter((step) => step.verdict?.passed && step.validity?.valid);
  return good.at(-1) ?? counted[0];
}

function resultsOf(
  facts: RunFacts,
  headline: StepPair | undefined,
  ledger: Ledger,
  counts: BenchmarkResult['server']['counts'],
): BenchmarkResult['results'] {
  const { completed, open, total: all } = counts;
  const holds = facts.steps.filter((step) => step.step.kind === 'hold').map((step) => step.measurement.histograms);
  const histograms =
    headline?.measurement.histograms ?? (holds.length > 0 ? mergeLaneHistograms(holds) : noHistograms());
  return {
    workflowsStarted: startedWorkflows(ledger),
    workflowsCompleted: completed,
    workflowsFailed: Math.max(0, all - completed - open),
    actualRate: headline?.result.rates.completed ?? 0,
    errorRate: headline ? errorRate(headline.settled, notCompleted(headline)) : errorRate(ledger, all - completed),
    rates: headline?.result.rates ?? { target: 0, scheduled: 0, sent: 0, acknowledged: 0, completed: 0 },
    ...latenciesOf(histograms),
  };
}

/** Workflows that exist and did not complete, by the server's count where there is one. */
export function notCompleted({ server }: Pick<StepFacts, 'server'>): number {
  return server ? server.total - server.completed : 0;
}

function verdictOf(counted: readonly StepPair[], facts: RunFacts): { passed: boolean; failureReasons: string[] } {
  const staircase = facts.spec.stages !== undefined;
  const judged = counted.filter((step) => step.verdict !== undefined);
  const reasons = judged.flatMap(({ step, verdict }) =>
    verdict!.failureReasons.map((reason) => (staircase ? `at ${step.fromRate}/s: ${reason}` : reason)),
  );
  if (judged.length === 0)
    return { passed: false, failureReasons: [facts.error ?? 'no hold was completed, so nothing could be judged'] };
  return { passed: reasons.length === 0, failureReasons: reasons };
}

/** A staircase is valid if its first hold is: the later ones are there to find where that ends. */
function validityOf(facts: RunFacts, counted: readonly StepPair[]): BenchmarkResult['validity'] {
  const judged = counted.filter((step) => step.validity !== undefined);
  if (judged.length === 0) return { valid: false, reasons: ['no hold was completed'], checks: [] };
  const decisive = facts.spec.stages === undefined ? judged : judged.slice(0, 1);
  return {
    valid: decisive.every((step) => step.validity!.valid),
    reasons: decisive.flatMap((step) => step.validity!.reasons),
    checks: copyValidity(decisive[0]!.validity!).checks,
  };
}

function outcomesOf(facts: RunFacts, is: { passed: boolean; valid: boolean; accounted: boolean }): Set<Outcome> {
  const applies = new Set<Outcome>();
  if (facts.error !== undefined) applies.add('ERROR');
  if (facts.abortReason !== undefined) applies.add('ABORTED');
  if (facts.steps.length > 0 && !is.accounted) applies.add('UNACCOUNTED');
  const judged = facts.error === undefined && facts.abortReason === undefined;
  if (judged && !is.valid) applies.add('INVALID');
  if (judged && !is.passed) applies.add('FAILED');
  if (facts.cleanup && !facts.cleanup.complete) applies.add('CLEANUP_INCOMPLETE');
  return applies;
}

function serverOf(facts: RunFacts, ledger: Ledger): BenchmarkResult['server'] {
  const all = facts.steps.flatMap((step) => (step.server ? [step.server] : []));
  const sum = (pick: (counts: BenchmarkResult['server']['counts']) => number) =>
    all.reduce((n, one) => n + pick(one), 0);
  const counts = {
    total: sum((one) => one.total),
    completed: sum((one) => one.completed),
    failed: sum((one) => one.failed),
    canceled: sum((one) => one.canceled),
    terminated: sum((one) => one.terminated),
    timedOut: sum((one) => one.timedOut),
    open: sum((one) => one.open),
  };
  const closed = unaccounted(ledger) === 0 && total(ledger.unknown) === 0 && ledger.inDoubt === 0;
  const agrees = facts.reconciliation !== undefined && closed && startedWorkflows(ledger) === counts.total;
  return {
    counts,
    agrees: agrees && facts.reconciliation!.open.length === 0,
    settledBy: facts.reconciliation?.settledBy ?? 'not reconciled',
    visibilityWaitMs: facts.reconciliation?.visibilityWaitMs ?? 0,
    open: [...(facts.reconciliation?.open ?? [])],
  };
}

function completionOf(facts: RunFacts): BenchmarkResult['completion'] {
  const sampled = facts.observeShare < 1;
  const observation = mergeObservations(facts.steps.map((step) => step.measurement.observation));
  return {
    observed: sampled ? 'sample' : 'all',
    share: facts.observeShare,
    throughputFrom: sampled && (facts.reconciliation?.completedInWindow.length ?? 0) > 0 ? 'server' : 'client',
    ...observation,
    failed: { ...observation.failed },
  };
}

function staircaseOf(counted: readonly StepPair[]): NonNullable<BenchmarkResult['staircase']> {
  const good = (step: StepPair) => step.verdict?.passed === true && step.validity?.valid === true;
  const firstBad = counted.find((step) => !good(step));
  const highest = counted
    .filter(good)
    .reduce<number | null>((rate, { step }) => Math.max(rate ?? 0, step.fromRate), null);
  return {
    highestPassedRate: highest,
    firstFailedRate: firstBad?.step.fromRate ?? null,
    reasons: firstBad ? [...(firstBad.validity?.reasons ?? []), ...(firstBad.verdict?.failureReasons ?? [])] : [],
  };
}

function seriesOf(facts: RunFacts): BenchmarkResult['series'] {
  const merged = mergeSeries(facts.steps.map((step) => unpackSeries(step.measurement.series)));
  const factor = Math.max(1, Math.ceil(((merged.at(-1)?.index ?? 0) + 1) / MAX_POINTS));
  return {
    widthMs: facts.seriesWidthMs * factor,
    columns: [...COLUMNS],
    points: packSeries(coarsen(merged, factor)).map((row) => [...row]),
  };
}

function latenciesOf(histograms: LaneHistograms) {
  return {
    latency: latencyOf(histograms.latency),
    serviceTime: latencyOf(histograms.service),
    startLatency: latencyOf(histograms.start),
    scheduleLag: latencyOf(histograms.lag),
  };
}

function latencyOf(encoded: EncodedHistogram): ResultLatency {
  const { count, p50, p95, p99, p999, max, mean } = summarize(encoded);
  return {
    p50: p50.ms,
    p95: p95.ms,
    p99: p99.ms,
    p999: p999.ms,
    max: max.ms,
    mean: Math.round(mean.ms * 1000) / 1000,
    count,
    sufficient: { p50: p50.sufficient, p95: p95.sufficient, p99: p99.sufficient, p999: p999.sufficient },
  };
}

function noHistograms(): LaneHistograms {
  const none = encodeHistogram(emptyHistogram());
  return { latency: none, service: none, start: none, lag: none };
}

function copyValidity({ valid, reasons, checks }: Validity): BenchmarkResult['validity'] {
  return { valid, reasons: [...reasons], checks: checks.map((check) => ({ ...check })) };
}
