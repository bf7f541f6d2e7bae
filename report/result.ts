import { attribute } from '../measurement/findings/attribution';
import { flowsDuring, silentSeconds } from '../measurement/judging/hold-drift';
import { mergeWindows } from '../measurement/judging/generator-windows';
import { mergeObservations } from '../measurement/account/lane';
import { mergeLedgers, startedWorkflows, total, unaccounted, type Ledger } from '../measurement/account/ledger';
import { mergeParts } from '../measurement/account/mix';
import {
  coarsen,
  MAX_POINTS,
  mergeSeries,
  BUCKET_COLUMNS,
  packSeries,
  RESULT_COLUMNS,
  unpackSeries,
} from '../measurement/account/series';
import { ROW_COLUMNS, thinRows } from '../measurement/server/over-time';
import { hostsDuring } from '../measurement/judging/validity';
import { requiredThroughput, type Thresholds } from '../measurement/judging/verdict';
import { executorOf } from '../spec/executor';
import { parseSpec } from '../spec/parse';
import { endingOf, EXIT } from './exit-codes';
import { capacityOf } from './capacity';
import { limitingTrials, limitsOfSearch, searchVerdict } from './capacity-judgement';
import { clusterOf } from './cluster';
import { generatorSizingOf, sizingOf, workloadOf } from './cost';
import { eventsOf } from './events';
import type { RunFacts } from './facts';
import { headlineHolds, resultsOf } from './headline';
import { iterationsOf } from './iterations';
import { withinLimit } from './size-limit';
import { headlineOf, outcomesOf, staircaseOf, validityOf, verdictOf } from './judgement';
import { SCHEMA_VERSION, type BenchmarkResult } from './result-schema';
import { compareWithServer } from './server-count';
import { mixOf, stepResult, type ReportedStep } from './steps';

/** Assembles a result. It is complete and valid against its schema, however early the run ended. */
export function resultOf(facts: RunFacts): BenchmarkResult {
  const steps = facts.steps.map((step) => stepResult(step, facts));
  const counted = steps.filter((step) => step.counted);
  const headline = headlineOf(counted, facts);
  const judged = facts.search ? (headline ? [headline] : []) : counted;
  const findings = facts.search
    ? limitsOfSearch(findingsOf(limitingTrials(facts.search, counted), facts))
    : findingsOf(counted, facts);
  const capacity = facts.search && capacityOf(facts.search, facts, findings);
  const ledger = mergeLedgers(facts.steps.map((step) => step.settled));
  const server = serverOf(facts, ledger);
  const verdict = capacity ? searchVerdict(capacity) : verdictOf(counted, facts);
  const validity = validityOf(facts, judged);
  const holds = headlineHolds(facts, counted, headline);
  const results = resultsOf(facts, holds, ledger, server.counts);
  const accounted = ['agrees', 'nothing to compare'].includes(compareWithServer({ ledger, server }));
  const ending = endingOf(outcomesOf(facts, { passed: verdict.passed, valid: validity.valid, accounted }));
  return withinLimit({
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
    config: { ...(facts.search?.config ?? facts.spec) },
    executor: executorOf(facts.spec),
    passed: verdict.passed,
    failureReasons: verdict.failureReasons,
    results,
    thresholds: {
      ...requiredValues(
        headline?.step.thresholds ?? facts.thresholds,
        headline?.result.rates.scheduled ?? facts.spec.rate,
      ),
      checks: [...(headline?.result.thresholds ?? [])],
    },
    validity,
    findings,
    system: systemOf(facts),
    ledger: { ...ledger },
    server,
    completion: completionOf(facts),
    ...(capacity ? { capacity } : {}),
    ...(facts.spec.stages === undefined ? {} : { staircase: staircaseOf(counted) }),
    ...(facts.spec.iterations > 1 ? { iterations: iterationsOf(counted) } : {}),
    ...mixOf(mergeParts(holds.flatMap(({ measurement }) => measurement.parts))),
    workload: workloadOf(facts, results.actualRate),
    sizing: sizingOf(facts, holds),
    generatorSizing: generatorSizingOf(facts, holds),
    cluster: clusterOf(holds),
    steps: steps.map((step) => step.result),
    generators: facts.generators.map((audit) => ({ ...audit })),
    hosts: hostsOf(facts),
    timeline: {
      loadStart: facts.loadStartMs === undefined ? null : new Date(facts.loadStartMs).toISOString(),
      durationMs: facts.loadDurationMs,
      shifts: [...facts.shifts],
    },
    series: seriesOf(facts),
    events: eventsOf(facts),
    ...serverSeriesOf(facts),
    cleanup: facts.cleanup
      ? { ...facts.cleanup, warnings: [...facts.cleanup.warnings], commands: [...facts.cleanup.commands] }
      : null,
    notes: [...facts.notes, ...memoryNotes(facts)],
  });
}

function memoryNotes({ generators }: RunFacts): string[] {
  const lowered = generators.filter((audit) => audit.capLowered > 0);
  return lowered.map(
    ({ identity }) =>
      `${identity} ran low on memory: its in-flight cap was lowered, and the arrivals that it did not send count as skipped`,
  );
}

/** Returns the limits as the hold at the top had to meet them: the throughput follows from what was scheduled. */
function requiredValues(thresholds: Thresholds, scheduledRate: number) {
  return { ...thresholds, minThroughput: requiredThroughput(thresholds, scheduledRate) };
}

/** Returns the result of a run that never started: it has no measurement, and its `error` gives the reason (P9). */
export function resultWithoutRun(
  outcome: 'ERROR' | 'BAD_CONFIGURATION',
  error: string,
  config: Readonly<Record<string, unknown>>,
  atMs: number,
): BenchmarkResult {
  const parsed = parseSpec({});
  if (!parsed.ok) throw new Error('the default values are not a valid spec');
  const empty = resultOf({
    spec: parsed.spec,
    startedAtMs: atMs,
    runId: 'none',
    workflowId: 'none',
    namespace: 'none',
    thresholds: { maxP99LatencyMs: 0, maxErrorRate: 0 },
    observeShare: 1,
    seriesWidthMs: 1000,
    loadDurationMs: 0,
    shifts: [],
    steps: [],
    generators: [],
    hosts: [],
    notes: [],
    error,
  });
  const exitCode = outcome === 'ERROR' ? EXIT.error : EXIT.badConfiguration;
  return { ...empty, config: { ...config }, outcome, outcomes: [outcome], exitCode };
}

function systemOf({ system }: RunFacts): BenchmarkResult['system'] {
  const { dynamicConfig = 'unknown', ...known } = system ?? UNKNOWN_SYSTEM;
  return { ...known, dynamicConfig: dynamicConfig === 'unknown' ? dynamicConfig : [...dynamicConfig] };
}

const UNKNOWN_SYSTEM: BenchmarkResult['system'] = {
  instanceType: 'unknown',
  historyShards: 'unknown',
  services: 'unknown',
  serverVersion: 'unknown',
  persistence: 'unknown',
  visibility: 'unknown',
  clusterName: 'unknown',
  address: 'unknown',
  clusterId: 'unknown',
  dynamicConfig: 'unknown',
};

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
    disagreements: (facts.reconciliation?.disagreements ?? []).map(({ onlyInAccount, onlyOnServer, ...about }) => ({
      ...about,
      onlyInAccount: { ...onlyInAccount, ids: [...onlyInAccount.ids] },
      onlyOnServer: { ...onlyOnServer, ids: [...onlyOnServer.ids] },
    })),
  };
}

function completionOf(facts: RunFacts): BenchmarkResult['completion'] {
  const sampled = facts.observeShare < 1;
  const observation = mergeObservations(facts.steps.map((step) => step.measurement.observation));
  return {
    observed: sampled ? 'sample' : 'all',
    share: facts.observeShare,
    throughputFrom: (facts.reconciliation?.completedInWindow.length ?? 0) > 0 ? 'server' : 'client',
    ...observation,
    failed: { ...observation.failed },
  };
}

function seriesOf(facts: RunFacts): BenchmarkResult['series'] {
  const merged = mergeSeries(facts.steps.map((step) => unpackSeries(step.measurement.series)));
  const factor = Math.max(1, Math.ceil(((merged.at(-1)?.index ?? 0) + 1) / MAX_POINTS));
  return {
    widthMs: facts.seriesWidthMs * factor,
    columns: [...RESULT_COLUMNS, ...BUCKET_COLUMNS],
    points: packSeries(coarsen(merged, factor), RESULT_COLUMNS).map((row) => [...row]),
  };
}

function serverSeriesOf({ serverRows = [] }: RunFacts): Pick<BenchmarkResult, 'serverSeries'> {
  const points = thinRows(serverRows).map((row) => [...row]);
  return points.length === 0 ? {} : { serverSeries: { columns: [...ROW_COLUMNS], points } };
}

function findingsOf(
  counted: readonly ReportedStep[],
  { reconciliation, workload, system, steps, seriesWidthMs }: RunFacts,
): BenchmarkResult['findings'] {
  const settings = system?.dynamicConfig;
  const dynamicConfig = settings === 'unknown' ? undefined : settings;
  const { visibilityWaitMs, unlisted } = reconciliation ?? {};
  const series = steps.map((step) => step.measurement.series);
  const holds = counted.map(({ step, settled, verdict, validity, result, measurement }) => {
    return {
      targetRate: step.fromRate,
      ledger: settled,
      acknowledgedPerSecond: result.rates.acknowledged,
      completedPerSecond: result.rates.completed,
      silentSeconds: silentSeconds(flowsDuring(step, series, seriesWidthMs)),
      visibilityWaitMs,
      unlisted,
      windows: mergeWindows(measurement.audits.flatMap(({ windows }) => (windows ? [windows] : []))),
      verdict,
      validity,
      target: measurement.target,
      dynamicConfig,
    };
  });
  return attribute(holds, workload).map((finding) => ({ ...finding }));
}

/** Returns the load of the hosts from the start of the first step to the end of the last. */
function hostsOf({ hosts, steps }: RunFacts): BenchmarkResult['hosts'] {
  const from = Math.min(...steps.map((step) => step.startAtMs));
  const to = Math.max(...steps.map(({ step, startAtMs }) => startAtMs + step.durationMs));
  return hostsDuring(hosts, from, to);
}
