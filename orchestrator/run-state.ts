import {
  CancellationScope,
  metricMeter,
  patched,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import { checkAbortRequest } from './abort-request';
import { thinRows, type ServerRow } from '../measurement/server/over-time';
import type { TargetObservation } from '../measurement/server/target';
import type { RunFacts, StepFacts } from '../report/facts';
import { decisiveOf, generatorsOf } from '../report/generators';
import { resultOf } from '../report/result';
import type { BenchmarkSpec } from '../spec/parse';
import { carriedFindings, carriedSteps, type BegunStep, type Carried } from './carried';
import type { Health, RunRef, StepSnapshot } from './activity-types';
import { detailsOf } from './details';
import {
  abortUpdate,
  breachSignal,
  interimResultQuery,
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
import { progressOf } from './run-progress';
import { Snapshots } from './snapshots';

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
      Pick<
        RunFacts,
        'system' | 'reconciliation' | 'workload' | 'cleanup' | 'error' | 'misconfigured' | 'abortReason' | 'abortedAtMs'
      >
    >
  > = {};
  hosts: RunFacts['hosts'];
  generators: RunFacts['generators'];
  private serverRows: readonly ServerRow[];
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
  /** Whether somebody has told the run to end, also when nothing was left to abort. */
  isToldToEnd = false;
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
    this.serverRows = carried?.serverRows ?? [];
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
    setHandler(interimResultQuery, () => resultOf(this.facts()));
    const end = (reason: string) => {
      this.isToldToEnd = true;
      if (this.isPastWaiting) return;
      this.abort(reason);
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

  /** Records why the run ends early, and when. The first reason counts. */
  abort(reason: string): void {
    if (this.found.abortReason !== undefined) return;
    this.found.abortReason = reason;
    this.found.abortedAtMs = Date.now();
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

  /** Reads the hosts' reports; keeps the previous ones if there is no answer. The lean executor has no hosts. */
  async readHosts(): Promise<void> {
    if (this.hostsWorkflow === undefined && patched('no-hosts-to-read')) return;
    const hosts = await shortActivities.readHosts(this.hostsWorkflow ?? '').catch(() => []);
    if (hosts.length > 0) this.hosts = hosts;
  }

  finishStep({ measurement, ...facts }: StepFacts): void {
    const { audits, target: observed } = measurement;
    const { overTime = [], ...target } = observed ?? {};
    const placed = overTime.map(([atMs, ...values]) => [facts.step.startMs + atMs!, ...values]);
    this.serverRows = thinRows([...this.serverRows, ...placed]);
    const reported = facts.step.kind === 'hold' ? audits : audits.filter((audit) => audit.capLowered > 0);
    this.generators = generatorsOf([...this.generators, ...reported]);
    this.steps.push({
      ...facts,
      measurement: {
        ...measurement,
        audits: decisiveOf(audits),
        ...(observed ? { target: target as TargetObservation } : {}),
      },
    });
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
      serverRows: this.serverRows,
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
      serverRows: this.serverRows,
      hosts: this.hosts,
      notes: this.notes,
      ...this.found,
      ...(this.search && { search: this.search.facts() }),
    };
  }

  progress(): Progress {
    return progressOf(this, this.snapshots.all, this.begun);
  }

  /** Whether no workflow of the load is waited for any more, so that there is nothing left to abort. */
  private get isPastWaiting(): boolean {
    return ['sample', 'verdict', 'cleanup', 'report', 'done'].includes(this.phase);
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
