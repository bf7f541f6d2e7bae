import {
  CancellationScope,
  metricMeter,
  patched,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import { checkAbortRequest } from './abort-request';
import { rateAt } from '../measurement/load/profile';
import { mergeLedgers, startedWorkflows, total, unaccounted, type Ledger } from '../measurement/account/ledger';
import type { RunFacts, StepFacts } from '../report/facts';
import { decisiveOf, generatorsOf } from '../report/generators';
import type { BenchmarkSpec } from '../spec/parse';
import { carriedFindings, carriedSteps, type BegunStep, type Carried } from './carried';
import type { Health, RunRef, StepSnapshot } from './activity-types';
import { detailsOf } from './details';
import {
  abortUpdate,
  breachSignal,
  progressQuery,
  snapshotSignal,
  type AbortRequest,
  type Phase,
  type Progress,
} from './messages';
import { legacyHostsWorkflowId, runIdOf } from './names';
import { runRefOf } from './run-ref';
import { planOf, thresholdsOf, type Plan, type PlannedStep } from './plan';
import { searchedPlan, type SearchState } from './search-state';
import { shortActivities } from './proxies';
import { latencyOfLatest, latencyOfSteps, Snapshots } from './snapshots';

/** Appears among the SDK's metrics of the control role. */
const phaseGauge = metricMeter.createGauge(
  'benchmark_phase',
  'int',
  undefined,
  'Whether the run is in this phase: 1 or 0. Of several runs, the one that changed its phase last',
);

/** The maximum size of one execution's history. Beyond 51,200 events or 50 MB the server would terminate it. */
const MAX_EVENTS = 4096;
const MAX_BYTES = 4 * 1024 * 1024;

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** The state of a run in progress, and the handlers of its messages. */
export class RunState {
  readonly spec: BenchmarkSpec;
  readonly plan: Plan;
  run: RunRef;
  readonly startedAtMs: number;
  readonly steps: StepFacts[];
  readonly notes: string[];
  readonly shifts: { step: string; byMs: number }[];
  readonly found: Mutable<
    Partial<
      Pick<RunFacts, 'system' | 'reconciliation' | 'workload' | 'cleanup' | 'error' | 'misconfigured' | 'abortReason'>
    >
  > = {};
  hosts: RunFacts['hosts'];
  generators: RunFacts['generators'];
  /** The id of the workflow that keeps the run's hosts; undefined until it has been started. */
  hostsWorkflow?: string;
  health?: Health;
  phase: Phase = 'starting';
  loadStartMs?: number;
  /** The steps in the order in which they are run. Repeated steps are appended. */
  planned: PlannedStep[];
  /** The index of the first planned step that has not been run. */
  nextStep: number;
  /** Whether the load has paused between two iterations because the history has grown long. */
  pausedForNewHistory = false;
  private readonly begun: BegunStep[];
  private readonly snapshots = new Snapshots();

  /**
   * @param carried the state that an earlier execution of the same run has passed on
   * @param search what a capacity search has found so far; absent for other runs
   */
  constructor(
    spec: BenchmarkSpec,
    readonly carried?: Carried,
    readonly search?: SearchState,
  ) {
    // A run that an older version started keeps its hosts.
    const isOlder = !patched('lean-executor') || carried?.hostsWorkflow !== undefined || carried?.hostsStarted === true;
    this.spec = isOlder ? { ...spec, executor: 'sdk' } : spec;
    const { workflowId, firstExecutionRunId } = workflowInfo();
    const runId = runIdOf(workflowId, firstExecutionRunId);
    this.plan = search ? searchedPlan(this.spec) : planOf(this.spec);
    this.planned = [...(carried?.planned ?? this.plan.steps)];
    this.nextStep = carried?.nextStep ?? 0;
    this.startedAtMs = carried?.startedAtMs ?? Date.now();
    this.loadStartMs = carried?.loadStartMs;
    this.steps = [...(carried?.steps ?? [])];
    this.notes = [...(carried?.notes ?? [])];
    this.shifts = [...(carried?.shifts ?? [])];
    this.hosts = carried?.hosts ?? [];
    this.generators = carried?.generators ?? [];
    this.hostsWorkflow =
      carried?.hostsWorkflow ?? (carried?.hostsStarted ? legacyHostsWorkflowId(workflowId) : undefined);
    this.begun = [...(carried?.begun ?? [])];
    if (carried?.health) this.health = carried.health;
    Object.assign(this.found, carriedFindings(carried));
    this.run = runRefOf(spec, runId, workflowId, carried?.health?.clusterId);
  }

  /** Registers the message handlers. It must be called before the first await, so that no message stays unhandled. */
  setHandlers(abort: () => void): void {
    setHandler(progressQuery, () => this.progress());
    const end = (reason: string) => {
      if (this.isPastWaiting) return;
      this.found.abortReason ??= reason;
      abort();
    };
    setHandler(snapshotSignal, (snapshot) => this.addSnapshot(snapshot));
    setHandler(breachSignal, end);
    CancellationScope.current().cancelRequested.catch(() => end('canceled'));
    const onAbort = (request?: AbortRequest | null) => {
      end(request?.reason || 'aborted');
      return { phase: this.phase };
    };
    setHandler(abortUpdate, onAbort, { validator: checkAbortRequest });
  }

  enter(phase: Phase): void {
    phaseGauge.set(0, { phase: this.phase });
    phaseGauge.set(1, { phase });
    this.phase = phase;
    this.showDetails();
  }

  /** Records that the steps from this one on were run later than planned. */
  shift(step: string, byMs: number): void {
    if (byMs !== 0) this.shifts.push({ step, byMs });
  }

  beginStep(step: PlannedStep, startAtMs: number): void {
    this.begun.push({ step, startAtMs });
  }

  /** Returns the step whose start time has passed last. A later step may have been started already. */
  private stepAt(nowMs: number) {
    return [...this.begun].reverse().find(({ startAtMs }) => startAtMs <= nowMs) ?? this.begun[0];
  }

  /** Reads the hosts' reports; keeps the previous ones if there is no answer. The lean executor has no hosts. */
  async readHosts(): Promise<void> {
    if (this.hostsWorkflow === undefined && patched('no-hosts-to-read')) return;
    const hosts = await shortActivities.readHosts(this.hostsWorkflow ?? '').catch(() => []);
    if (hosts.length > 0) this.hosts = hosts;
  }

  finishStep({ measurement, ...facts }: StepFacts): void {
    const { audits } = measurement;
    const reported = facts.step.kind === 'hold' ? audits : audits.filter((audit) => audit.capLowered > 0);
    this.generators = generatorsOf([...this.generators, ...reported]);
    this.steps.push({ ...facts, measurement: { ...measurement, audits: decisiveOf(audits) } });
    this.steps.sort((a, b) => a.step.index - b.step.index);
    this.snapshots.delete(facts.step.index);
    this.showDetails();
  }

  /** Whether the history might exceed its maximum of 4,096 events or 4 MB within the next iteration (I8). */
  get needsNewHistory(): boolean {
    const { historyLength, historySize, continueAsNewSuggested } = workflowInfo();
    const longest = historyLength + this.plan.eventsPerIteration;
    return continueAsNewSuggested || longest > MAX_EVENTS || historySize > MAX_BYTES / 2;
  }

  /** Returns the state for the next execution of this run. */
  carry(): Carried {
    return {
      startedAtMs: this.startedAtMs,
      loadStartMs: this.loadStartMs,
      steps: carriedSteps(this.steps),
      generators: this.generators,
      hosts: this.hosts,
      hostsWorkflow: this.hostsWorkflow,
      notes: this.notes,
      shifts: this.shifts,
      health: this.health,
      system: this.found.system,
      planned: this.planned,
      nextStep: this.nextStep,
      begun: this.begun,
      ...(this.search ? { search: this.search.carry(), reconciliation: this.found.reconciliation } : {}),
    };
  }

  get loadDurationMs(): number {
    return this.planned.reduce((end, step) => Math.max(end, step.startMs + step.durationMs), 0);
  }

  facts(): RunFacts {
    return {
      spec: this.spec,
      startedAtMs: this.startedAtMs,
      runId: this.run.runId,
      workflowId: this.run.workflowId,
      namespace: this.run.namespace,
      thresholds: this.plan.steps.find((step) => step.thresholds)?.thresholds ?? thresholdsOf(this.spec),
      observeShare: this.plan.observeShare,
      seriesWidthMs: this.plan.seriesWidthMs,
      loadStartMs: this.loadStartMs,
      loadDurationMs: this.loadDurationMs,
      shifts: this.shifts,
      steps: this.steps,
      generators: this.generators,
      hosts: this.hosts,
      notes: this.notes,
      ...this.found,
      ...(this.search && { search: this.search.facts() }),
    };
  }

  progress(): Progress {
    const live = this.snapshots.all;
    const latest = live.at(-1);
    const latency = latencyOfLatest(live) ?? latencyOfSteps(this.steps);
    const ledger = mergeLedgers([...this.steps.map((step) => step.settled), ...live.map((one) => one.ledger)]);
    const ended = this.steps.map(({ measurement }) => measurement.observation);
    const count = (counts: readonly number[]) => counts.reduce((sum, n) => sum + n, 0);
    const completed = count([...ended, ...live].map((one) => one.completed));
    const failed = count([...ended.map((one) => total(one.failed)), ...live.map((one) => one.failed)]);
    const elapsedMs = this.loadStartMs === undefined ? 0 : Date.now() - this.loadStartMs;
    const loading = this.phase === 'load' ? this.stepAt(Date.now()) : undefined;
    return {
      runId: this.run.runId,
      namespace: this.run.namespace,
      phase: this.phase,
      ...(loading ? { step: this.describeStep(loading.step) } : {}),
      targetRate: loading ? rateAt(loading.step, Date.now() - loading.startAtMs) : 0,
      achievedRate: loading ? (latest?.ratePerSecond ?? 0) : 0,
      scheduled: ledger.scheduled,
      sent: sentOf(ledger),
      acknowledged: startedWorkflows(ledger),
      completed,
      failed,
      ledger,
      errors: total(ledger.rejected) + total(ledger.skipped) + total(ledger.unknown) + ledger.inDoubt,
      ...(latency ? { latency } : {}),
      ...(latest?.backlog ? { backlog: latest.backlog } : {}),
      loadStartMs: this.loadStartMs ?? 0,
      timeline: this.begun.map(({ step: { kind, fromRate, toRate, durationMs, attempt, index }, startAtMs }) => {
        return { number: index + 1, kind, attempt, fromRate, toRate, durationMs, startAtMs };
      }),
      loadDurationMs: this.loadDurationMs,
      etaMs: Math.max(0, this.loadDurationMs - elapsedMs),
      ...this.search?.etaAndProgress(),
      ...(this.found.abortReason === undefined ? {} : { aborted: this.found.abortReason }),
      notes: this.notes,
    };
  }

  /** Whether no workflow of the load is waited for any more, so that there is nothing left to abort. */
  private get isPastWaiting(): boolean {
    return ['sample', 'verdict', 'cleanup', 'report', 'done'].includes(this.phase);
  }

  private describeStep(step: PlannedStep) {
    return { number: step.index + 1, steps: this.planned.length, kind: step.kind, attempt: step.attempt };
  }

  /** Adds a snapshot, unless its step has ended. */
  private addSnapshot(snapshot: StepSnapshot): void {
    const { stepIndex } = snapshot;
    if (this.steps.some(({ step }) => step.index === stepIndex)) return;
    const startAtMs = this.begun.find(({ step }) => step.index === stepIndex)?.startAtMs;
    this.snapshots.add(snapshot, Date.now(), startAtMs ?? Date.now());
    this.showDetails();
  }

  /** Shows the progress in the Temporal UI. */
  showDetails(): void {
    setCurrentDetails(detailsOf(this.progress(), this.steps));
  }
}

function sentOf(ledger: Ledger): number {
  return startedWorkflows(ledger) + total(ledger.rejected) + total(ledger.unknown) + unaccounted(ledger);
}
