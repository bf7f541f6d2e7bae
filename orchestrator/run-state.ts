import { metricMeter, setCurrentDetails, setHandler, workflowInfo } from '@temporalio/workflow';
import { rateAt } from '../measurement/load/profile';
import { mergeLedgers, startedWorkflows, total, unaccounted, type Ledger } from '../measurement/account/ledger';
import type { RunFacts, StepFacts } from '../report/facts';
import { decisiveOf, generatorsOf } from '../report/generators';
import type { BenchmarkSpec } from '../spec/parse';
import { carriedSteps, type BegunStep, type Carried } from './carried';
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
import { hostsWorkflowId, namespaceOf, runIdOf, workloadQueueOf } from './names';
import { planOf, thresholdsOf, type Plan, type PlannedStep } from './plan';
import { shortActivities } from './proxies';

/** Served with the SDK's metrics of the control role. */
const phaseGauge = metricMeter.createGauge(
  'benchmark_phase',
  'int',
  undefined,
  'The phase of the run that said so last',
);

/** Where one execution of a run ends at the latest; beyond 50 MB or 51,200 events the server would end it. */
const MAX_EVENTS = 4096;
const MAX_BYTES = 4 * 1024 * 1024;

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** What a run knows of itself while it goes on, and its answers to those who ask. */
export class RunState {
  readonly plan: Plan;
  readonly run: RunRef;
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
  hostsStarted: boolean;
  health?: Health;
  phase: Phase = 'starting';
  loadStartMs?: number;
  /** The steps as they are to be run; reruns are appended. */
  planned: PlannedStep[];
  /** The first of them that has not been run yet. */
  nextStep: number;
  /** The load has stopped between two iterations, because the history has grown long. */
  pausedForNewHistory = false;
  private readonly begun: BegunStep[];
  private readonly snapshots = new Map<number, { atMs: number; snapshot: StepSnapshot; rate: number }>();

  /** @param carried what an earlier execution of the same run has found out */
  constructor(
    readonly spec: BenchmarkSpec,
    readonly carried?: Carried,
  ) {
    const { workflowId, firstExecutionRunId } = workflowInfo();
    const runId = runIdOf(workflowId, firstExecutionRunId);
    this.plan = planOf(spec);
    this.planned = [...(carried?.planned ?? this.plan.steps)];
    this.nextStep = carried?.nextStep ?? 0;
    this.startedAtMs = carried?.startedAtMs ?? Date.now();
    this.loadStartMs = carried?.loadStartMs;
    this.steps = [...(carried?.steps ?? [])];
    this.notes = [...(carried?.notes ?? [])];
    this.shifts = [...(carried?.shifts ?? [])];
    this.hosts = carried?.hosts ?? [];
    this.generators = carried?.generators ?? [];
    this.hostsStarted = carried?.hostsStarted ?? false;
    this.begun = [...(carried?.begun ?? [])];
    if (carried?.health) this.health = carried.health;
    if (carried?.system) this.found.system = carried.system;
    this.run = {
      runId,
      workflowId,
      namespace: spec.namespace ?? namespaceOf(runId),
      ownsNamespace: spec.namespace === undefined,
      taskQueue: spec.taskQueue ?? workloadQueueOf(runId),
      ...(spec.targetProfile === undefined ? {} : { targetProfile: spec.targetProfile }),
    };
  }

  /** Registers the messages; before the first await, so that they are answered from the first moment on. */
  listen(abort: () => void): void {
    setHandler(progressQuery, () => this.progress());
    const end = (reason: string) => {
      if (this.ending) return;
      this.found.abortReason ??= reason;
      abort();
    };
    setHandler(snapshotSignal, (snapshot) => this.note(snapshot));
    setHandler(breachSignal, end);
    setHandler(abortUpdate, (request?: AbortRequest) => {
      end(request?.reason ?? 'aborted');
      return { phase: this.phase };
    });
  }

  enter(phase: Phase): void {
    phaseGauge.set(0, { phase: this.phase });
    phaseGauge.set(1, { phase });
    this.phase = phase;
    this.showDetails();
  }

  beginStep(step: PlannedStep, startAtMs: number): void {
    this.begun.push({ step, startAtMs });
  }

  /** The step whose time it is; a later one may be armed already. */
  private stepAt(nowMs: number) {
    return [...this.begun].reverse().find(({ startAtMs }) => startAtMs <= nowMs) ?? this.begun[0];
  }

  /** Asks the hosts how they fare; what was last heard stays where they do not answer. */
  async readHosts(): Promise<void> {
    const hosts = await shortActivities.readHosts(hostsWorkflowId(this.run.workflowId)).catch(() => []);
    if (hosts.length > 0) this.hosts = hosts;
  }

  finishStep({ measurement, ...facts }: StepFacts): void {
    const { audits } = measurement;
    const told = facts.step.kind === 'hold' ? audits : audits.filter((audit) => audit.capLowered > 0);
    this.generators = generatorsOf([...this.generators, ...told]);
    this.steps.push({ ...facts, measurement: { ...measurement, audits: decisiveOf(audits) } });
    this.steps.sort((a, b) => a.step.index - b.step.index);
    this.snapshots.delete(facts.step.index);
    this.showDetails();
  }

  /** Whether the history might grow too long for one more iteration: 4,096 events or 4 MB are its end (I8). */
  get needsNewHistory(): boolean {
    const { historyLength, historySize, continueAsNewSuggested } = workflowInfo();
    const longest = historyLength + this.plan.eventsPerIteration;
    return continueAsNewSuggested || longest > MAX_EVENTS || historySize > MAX_BYTES / 2;
  }

  /** What the next execution of this run goes on with. */
  carry(): Carried {
    return {
      startedAtMs: this.startedAtMs,
      loadStartMs: this.loadStartMs,
      steps: carriedSteps(this.steps),
      generators: this.generators,
      hosts: this.hosts,
      hostsStarted: this.hostsStarted,
      notes: this.notes,
      shifts: this.shifts,
      health: this.health,
      system: this.found.system,
      planned: this.planned,
      nextStep: this.nextStep,
      begun: this.begun,
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
      thresholds:
        this.plan.steps.find((step) => step.thresholds)?.thresholds ?? thresholdsOf(this.spec, this.spec.rate),
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
    };
  }

  progress(): Progress {
    const live = [...this.snapshots.values()];
    const latest = live.reduce<(typeof live)[number] | undefined>(
      (best, one) => (best && best.snapshot.stepIndex > one.snapshot.stepIndex ? best : one),
      undefined,
    );
    const ledger = mergeLedgers([...this.steps.map((step) => step.settled), ...live.map((one) => one.snapshot.ledger)]);
    const completed = this.completions(
      (step) => step.measurement.observation.completed,
      (one) => one.completed,
    );
    const failed = this.completions(
      (step) => total(step.measurement.observation.failed),
      (one) => one.failed,
    );
    const elapsedMs = this.loadStartMs === undefined ? 0 : Date.now() - this.loadStartMs;
    const loading = this.phase === 'load' ? this.stepAt(Date.now()) : undefined;
    return {
      runId: this.run.runId,
      namespace: this.run.namespace,
      phase: this.phase,
      ...(loading ? { step: this.describeStep(loading.step) } : {}),
      targetRate: loading ? rateAt(loading.step, Date.now() - loading.startAtMs) : 0,
      achievedRate: loading ? (latest?.rate ?? 0) : 0,
      scheduled: ledger.scheduled,
      sent: sentOf(ledger),
      acknowledged: startedWorkflows(ledger),
      completed,
      failed,
      ledger,
      errors: total(ledger.rejected) + total(ledger.skipped) + total(ledger.unknown) + ledger.inDoubt,
      latency: { p50Ms: latest?.snapshot.latencyP50Ms ?? 0, p99Ms: latest?.snapshot.latencyP99Ms ?? 0 },
      ...(latest?.snapshot.backlog ? { backlog: latest.snapshot.backlog } : {}),
      loadStartMs: this.loadStartMs ?? 0,
      timeline: this.begun.map(({ step: { kind, fromRate, toRate, durationMs, attempt, index }, startAtMs }) => {
        return { number: index + 1, kind, attempt, fromRate, toRate, durationMs, startAtMs };
      }),
      loadDurationMs: this.loadDurationMs,
      etaMs: Math.max(0, this.loadDurationMs - elapsedMs),
      ...(this.found.abortReason === undefined ? {} : { aborted: this.found.abortReason }),
      notes: this.notes,
    };
  }

  /** Past the load there is nothing left to abort. */
  private get ending(): boolean {
    return ['drain', 'reconcile', 'sample', 'verdict', 'cleanup', 'report', 'done'].includes(this.phase);
  }

  private describeStep(step: PlannedStep) {
    return { number: step.index + 1, steps: this.planned.length, kind: step.kind, attempt: step.attempt };
  }

  private completions(ofStep: (step: StepFacts) => number, ofSnapshot: (snapshot: StepSnapshot) => number): number {
    const done = this.steps.reduce((sum, step) => sum + ofStep(step), 0);
    return [...this.snapshots.values()].reduce((sum, { snapshot }) => sum + ofSnapshot(snapshot), done);
  }

  /** Progress never goes back (I7): a snapshot of a step that has ended, or an older one, changes nothing. */
  private note(snapshot: StepSnapshot): void {
    const before = this.snapshots.get(snapshot.stepIndex);
    if (this.steps.some((step) => step.step.index === snapshot.stepIndex)) return;
    if (before && before.snapshot.ledger.scheduled > snapshot.ledger.scheduled) return;
    const atMs = Date.now();
    const since = before ? atMs - before.atMs : 0;
    const more = snapshot.ledger.acknowledged - (before?.snapshot.ledger.acknowledged ?? 0);
    this.snapshots.set(snapshot.stepIndex, { atMs, snapshot, rate: since > 0 ? (more * 1000) / since : 0 });
    this.showDetails();
  }

  private showDetails(): void {
    setCurrentDetails(detailsOf(this.progress(), this.steps));
  }
}

function sentOf(ledger: Ledger): number {
  const inFlight = unaccounted(ledger);
  return startedWorkflows(ledger) + total(ledger.rejected) + total(ledger.unknown) + inFlight;
}
