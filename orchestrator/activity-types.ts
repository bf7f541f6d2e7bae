import type { AbortLimits } from '../measurement/judging/abort';
import type { Ledger, Settlement } from '../measurement/account/ledger';
import type {
  LaneHistograms,
  LaneResult,
  Observation,
  Provisional,
  StepMeasurement,
} from '../measurement/account/lane';
import type { MixPartCounts } from '../measurement/account/mix';
import type { EncodedCursor } from '../measurement/account/open-set';
import type { QueueType, TargetObservation } from '../measurement/server/target';
import type { Evidence, HostAudit, HostHistory, Validity } from '../measurement/judging/validity';
import type { ArrivalKind } from '../load-workflows/kinds';
import type { Thresholds, Verdict } from '../measurement/judging/verdict';
import type { CleanupFacts, Disagreement, WorkloadSample } from '../report/facts';
import type { PlannedStep } from './plan';

/**
 * What the workflows ask of their activities. The activities implement these; the workflows import only the types.
 */

/** Names a run and where its load goes. No address, no secret: each worker resolves the profile itself. */
export interface RunRef {
  readonly runId: string;
  readonly workflowId: string;
  readonly targetProfile?: string;
  /** The run's namespace on the target. */
  readonly namespace: string;
  /** Whether this run registered the namespace and so may clean it as a whole. */
  readonly ownsNamespace: boolean;
  readonly taskQueue: string;
}

export interface Health {
  readonly address: string;
  readonly serverVersion: string;
  /** Whether control and target are one cluster, whose trouble then reaches the heartbeats too. */
  readonly sharesControlCluster: boolean;
}

/** What is known of the system under test. A field that could not be read is 'unknown', never a guess. */
export interface SystemDescription {
  readonly serverVersion: string;
  readonly historyShards: number | 'unknown';
  readonly services: Readonly<Record<string, number>> | 'unknown';
  readonly persistence: string;
  readonly visibility: string;
  readonly instanceType: string;
  readonly clusterName: string;
  /** Settings of an embedded target, `key=value`; of any other there is no API that tells. */
  readonly dynamicConfig?: readonly string[] | 'unknown';
}

export interface GenerateLoadInput {
  readonly run: RunRef;
  readonly workload: string;
  /** What its arrivals start; several in a mix. */
  readonly kinds: readonly ArrivalKind[];
  readonly step: PlannedStep;
  readonly lane: number;
  readonly lanes: number;
  readonly process: 'uniform' | 'poisson';
  readonly seed: number;
  /** The instant the step begins: milliseconds since the epoch on the control server's clock. */
  readonly startAtMs: number;
  /** The steps of this stretch of the timeline, to tell in whose time a completion falls. */
  readonly timeline: readonly { readonly index: number; readonly startMs: number; readonly endMs: number }[];
  /** Where this stretch stands in the whole run, for the series: milliseconds from the start of the load. */
  readonly timelineOffsetMs: number;
  readonly seriesWidthMs: number;
  readonly observeShare: number;
  readonly maxObservers: number;
  readonly maxInFlight: number;
  /** Connections to the target that a generator spreads its calls over. */
  readonly connections: number;
  readonly completionTimeoutMs: number;
  readonly heartbeatTimeoutMs: number;
}

/** What a generator's heartbeat carries: enough for a successor to go on, and for the live view. */
export interface LaneCheckpoint {
  readonly phase: 'armed' | 'sending' | 'settling';
  readonly cursor: EncodedCursor;
  readonly ledger: Ledger;
  readonly provisional: Provisional;
  readonly observation: Observation;
  readonly histograms: LaneHistograms;
  readonly completedDuring: readonly (readonly [stepIndex: number, count: number])[];
  readonly parts: readonly MixPartCounts[];
  readonly gapArrivals: number;
  readonly inFlight: number;
  readonly awaited: number;
}

/** Lanes of one step at one instant, merged: what a progress signal and the live view show. */
export interface StepSnapshot {
  readonly stepIndex: number;
  readonly lanesReporting: number;
  readonly ledger: Ledger;
  readonly completed: number;
  readonly failed: number;
  readonly inFlight: number;
  readonly awaited: number;
  readonly latencyP50Ms: number;
  readonly latencyP99Ms: number;
  /** Tasks waiting in the run's queues, by the server's account; absent where it does not tell. */
  readonly backlog?: Readonly<Partial<Record<QueueType, number>>>;
}

export interface CountedStep {
  readonly name: string;
  readonly attempt: number;
  /** When its last arrival was due: milliseconds since the epoch. */
  readonly endedAtMs: number;
  readonly measurement: Pick<StepMeasurement, 'ledger' | 'provisional' | 'scheduledByLane'>;
}

/** The server's count of a step's workflows by how they ended. */
export interface ServerCounts {
  readonly total: number;
  readonly completed: number;
  readonly failed: number;
  readonly canceled: number;
  readonly terminated: number;
  readonly timedOut: number;
  readonly open: number;
}

export interface ReconcileInput {
  readonly run: RunRef;
  readonly steps: readonly CountedStep[];
  /** What the arrivals start: workflows that wait for messages are sent what they lack. */
  readonly kinds: readonly ArrivalKind[];
  /** How long what is still open may take to close. */
  readonly completionTimeoutMs: number;
  /**
   * Holds for which the completions in their own time are to be counted by the server, because clients saw only some:
   * a sample, or not those of arrivals that a dead generator had sent.
   */
  readonly countWindows: readonly CountWindow[];
}

/** Completions to be counted by the server, by the time they closed at: milliseconds since the epoch. */
export interface CountWindow {
  readonly stepIndex: number;
  readonly fromMs: number;
  readonly toMs: number;
  /** Only workflows of these types; kinds of a mix that wait for different times are counted in different windows. */
  readonly workflowTypes?: readonly string[];
}

export interface Reconciliation {
  readonly steps: readonly {
    readonly name: string;
    readonly attempt: number;
    readonly settlement: Settlement;
    readonly server: ServerCounts;
  }[];
  readonly completedInWindow: readonly (readonly [stepIndex: number, count: number])[];
  /** How provisional entries were settled: each id described, or, where they were too many, by the counts alone. */
  readonly settledBy: 'nothing to settle' | 'describing each id' | 'count';
  /** How long the server's visibility took to agree. Milliseconds. */
  readonly visibilityWaitMs: number;
  /** What stayed unexplained, e.g. a count that never agreed; empty when the account is closed. */
  readonly open: readonly string[];
  /** The ids behind it; a sample on each side. */
  readonly disagreements: readonly Disagreement[];
}

export type CleanupResult = CleanupFacts;
export type { Disagreement };

export interface JudgeInput {
  readonly required: Thresholds;
  readonly outcome: { readonly p99LatencyMs: number; readonly throughput: number; readonly errorRate: number };
  readonly evidence: Evidence;
  readonly hosts: readonly HostAudit[];
  readonly maxGapShare: number;
}

export interface Judgement {
  readonly verdict: Verdict;
  readonly validity: Validity;
}

export interface HostInput {
  readonly run: RunRef;
  readonly host: number;
  readonly slots: number;
  /** Polls kept open of each kind; scaled by the worker itself without it. */
  readonly pollers?: number;
}

/** What a host's heartbeat carries. */
export type HostReport = HostHistory;

/** A hold of which some workflows are looked at. */
export type SampledStep = Pick<CountedStep, 'name' | 'attempt'> & Pick<StepMeasurement, 'scheduledByLane'>;
export type { WorkloadSample };

export interface CollectInput {
  readonly run: RunRef;
  /** The workflow that wants to hear how the step goes on, and how often. */
  readonly reportTo: string;
  readonly reportEveryMs: number;
  readonly stepIndex: number;
  /** When it has to hear at once, because the run is to end. */
  readonly abortOn?: AbortLimits;
}

export interface ObserveInput {
  readonly run: RunRef;
  /** The step: when it begins, milliseconds since the epoch on the control server's clock, and how long it lasts. */
  readonly startAtMs: number;
  readonly durationMs: number;
  /** Whether the server's own metrics are read too: of a hold, which has a verdict to explain. */
  readonly readServer: boolean;
}

export interface ControlActivities {
  checkHealth(targetProfile: string | undefined): Promise<Health>;
  prepareNamespace(run: RunRef, retentionMs: number, atLeastMs: number): Promise<void>;
  describeSystem(run: RunRef): Promise<SystemDescription>;
  requireFreeGenerators(lanesNeeded: number): Promise<void>;
  awaitHosts(run: RunRef, hosts: number, hostsWorkflow: string): Promise<void>;
  /** Waits for workers that are not the run's own. */
  awaitPollers(run: RunRef): Promise<void>;
  collectProgress(input: CollectInput): Promise<void>;
  observeTarget(input: ObserveInput): Promise<TargetObservation>;
  readHosts(hostsWorkflow: string): Promise<HostReport[]>;
  /** Waits for the hosts' workflow to close; rejects with its failure. */
  awaitHostsEnded(hostsWorkflow: string): Promise<void>;
  judgeStep(input: JudgeInput): Promise<Judgement>;
  reconcile(input: ReconcileInput): Promise<Reconciliation>;
  sampleWorkload(run: RunRef, steps: readonly SampledStep[]): Promise<WorkloadSample>;
  cleanUp(run: RunRef, deleteNamespace: boolean): Promise<CleanupResult>;
}

export interface LoadActivities {
  generateLoad(input: GenerateLoadInput): Promise<LaneResult>;
}

export interface HostActivities {
  hostWorkflows(input: HostInput): Promise<HostReport>;
}
