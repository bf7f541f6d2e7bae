import type { AbortLimits } from '../measurement/judging/abort';
import type { Ledger, Settlement } from '../measurement/account/ledger';
import type {
  Interruption,
  LaneHistograms,
  LaneResult,
  Observation,
  Provisional,
  StepMeasurement,
} from '../measurement/account/lane';
import type { MixPartCounts } from '../measurement/account/mix';
import type { EncodedCursor } from '../measurement/account/open-set';
import type { ThinSeries } from '../measurement/account/series';
import type { QueueType, ServerObservation, TargetObservation } from '../measurement/server/target';
import type { Evidence, HostAudit, HostHistory, Validity } from '../measurement/judging/validity';
import type { ArrivalKind } from '../load-workflows/kinds';
import type { HoldFlows } from '../measurement/judging/hold-drift';
import type { HoldOutcome, Thresholds, Verdict } from '../measurement/judging/verdict';
import type { Executor } from '../spec/executor';
import type { CleanupFacts, Disagreement, WorkloadSample } from '../report/facts';
import type { PlannedStep } from './plan';

/** The types of the activities, their inputs and their results. The activities implement them and the workflows call them. */

/** Identifies a run and its target. It contains no address and no secret: each worker resolves the profile itself. */
export interface RunRef {
  readonly runId: string;
  readonly workflowId: string;
  readonly targetProfile?: string;
  /**
   * The ID of the target's cluster, which every process of the run must reach. Absent before the health check, if the server
   * does not report it, and for an embedded target, whose address the run itself distributes.
   */
  readonly clusterId?: string;
  /** The run's namespace on the target. */
  readonly namespace: string;
  /** Whether this run registered the namespace and may terminate every workflow in it. */
  readonly ownsNamespace: boolean;
  readonly taskQueue: string;
}

export interface Health {
  readonly address: string;
  readonly serverVersion: string;
  /** As in {@link RunRef}. */
  readonly clusterId?: string;
  /** Whether control and target are the same cluster, so that problems of the target affect the heartbeats too. */
  readonly sharesControlCluster: boolean;
  /** How long a call of the control server takes from its worker, milliseconds; absent in runs of older versions. */
  readonly controlRoundTripMs?: number;
}

/** The target that a command has seen before it started a run. */
export interface SeenTarget {
  readonly address: string;
  /** Empty if the server does not report it. */
  readonly clusterId: string;
}

/** What is known about the system under test. A field that could not be read is 'unknown', never a guess. */
export interface SystemDescription {
  readonly serverVersion: string;
  readonly historyShards: number | 'unknown';
  readonly services: Readonly<Record<string, number>> | 'unknown';
  readonly persistence: string;
  readonly visibility: string;
  readonly instanceType: string;
  readonly clusterName: string;
  readonly address?: string;
  readonly clusterId?: string;
  /** Settings of an embedded target, `key=value`. For other targets no API reports them. */
  readonly dynamicConfig?: readonly string[] | 'unknown';
}

export interface GenerateLoadInput {
  readonly run: RunRef;
  readonly workload: string;
  /** What the arrivals start; several kinds in a mix. */
  readonly kinds: readonly ArrivalKind[];
  readonly step: PlannedStep;
  readonly lane: number;
  readonly lanes: number;
  readonly process: 'uniform' | 'poisson';
  readonly seed: number;
  /** When the step begins: milliseconds since the epoch on the control server's clock. */
  readonly startAtMs: number;
  /** The steps of this section of the timeline: a completion is counted for the step in whose time it falls. */
  readonly timeline: readonly { readonly index: number; readonly startMs: number; readonly endMs: number }[];
  /** Where this section begins in the whole run, for the series: milliseconds from the start of the load. */
  readonly timelineOffsetMs: number;
  readonly seriesWidthMs: number;
  /** What executes the workflows; `lean`: the generator itself. */
  readonly executor: Executor;
  readonly observeShare: number;
  readonly maxObservers: number;
  readonly maxInFlight: number;
  /** Connections to the target that a generator spreads its calls over. */
  readonly connections: number;
  readonly completionTimeoutMs: number;
  readonly heartbeatTimeoutMs: number;
}

/** The details of a generator's heartbeat: enough for the next attempt to continue the lane, and for the live view. */
export interface LaneCheckpoint {
  readonly lane: number;
  readonly phase: 'armed' | 'sending' | 'settling';
  readonly cursor: EncodedCursor;
  readonly ledger: Ledger;
  readonly provisional: Provisional;
  readonly observation: Observation;
  readonly histograms: LaneHistograms;
  readonly completedDuring: readonly (readonly [stepIndex: number, count: number])[];
  readonly parts: readonly MixPartCounts[];
  /** Absent if an older version sent the heartbeat. */
  readonly series?: ThinSeries;
  readonly gapArrivals: number;
  /** Absent if there are none. */
  readonly interruptions?: readonly Interruption[];
  readonly inFlight: number;
  readonly awaited: number;
}

/** What the heartbeats of a step's lanes say before the lanes are canceled. */
export interface LaneRecords {
  /** The last heartbeats of lanes that wait for a generator. */
  readonly waiting: readonly LaneCheckpoint[];
  /** The lanes that have sent a heartbeat. A generator sends no arrival before its first heartbeat. */
  readonly begun: readonly number[];
}

/** The merged lanes of one step at one time, for progress signals and the live view. */
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
  /** Tasks waiting in the run's queues, by the server's statistics; absent if the server has none. */
  readonly backlog?: Readonly<Partial<Record<QueueType, number>>>;
}

export interface CountedStep {
  readonly name: string;
  readonly attempt: number;
  /** When the last arrival of the step was due: milliseconds since the epoch. */
  readonly endedAtMs: number;
  readonly measurement: Pick<StepMeasurement, 'ledger' | 'provisional' | 'scheduledByLane'>;
}

/** The server's count of a step's workflows by status. */
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
  /** What the arrivals start: open workflows that wait for messages get those that were not sent. */
  readonly kinds: readonly ArrivalKind[];
  /** How long open workflows may take to close. */
  readonly completionTimeoutMs: number;
  /** How long visibility may take to list all acknowledged workflows; 60 s if absent. Milliseconds. */
  readonly visibilityTimeoutMs?: number;
  /**
   * Windows in which the server counts completions, for holds in which the generators observed only some of them: they
   * observed a sample, or a generator died and its workflows were not observed.
   */
  readonly countWindows: readonly CountWindow[];
}

/** A window of close times in which the server counts completions: milliseconds since the epoch. */
export interface CountWindow {
  readonly stepIndex: number;
  readonly fromMs: number;
  readonly toMs: number;
  /** Count only these types. Kinds of a mix that wait for different times are counted in different windows. */
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
  /** How provisional arrivals were settled: by describing each id or, if there were too many, by the counts. */
  readonly settledBy: 'nothing to settle' | 'describing each id' | 'count';
  /** How long the server's visibility took to list all workflows. Milliseconds. */
  readonly visibilityWaitMs: number;
  /** Workflows that the server did not list in that time, and that were found by their ids; absent if there are none. */
  readonly unlisted?: number;
  /** Differences that remain, e.g. a count that never agreed; empty if the ledger and the server agree. */
  readonly open: readonly string[];
  /** A sample of the ids behind the differences, on each side. */
  readonly disagreements: readonly Disagreement[];
}

export type CleanupResult = CleanupFacts;
export type { Disagreement };

export interface JudgeInput {
  readonly required: Thresholds;
  readonly outcome: Omit<HoldOutcome, 'drift'>;
  /** Input of the drift test; absent if a generator died, because its series is lost. */
  readonly flows?: HoldFlows;
  /** Observed starts per second that the hold aims at. */
  readonly observedPerSecond: number;
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
  /** Concurrent polls per task queue type; the worker scales them automatically if this is undefined. */
  readonly pollers?: number;
}

/** The details of a host's heartbeat. */
export type HostReport = HostHistory;

/** A hold of which some workflows are sampled. */
export type SampledStep = Pick<CountedStep, 'name' | 'attempt'> & Pick<StepMeasurement, 'scheduledByLane'>;
export type { WorkloadSample };

/** The task queues of a step's workflows. */
export interface StepQueues {
  readonly names: readonly string[];
  readonly types: readonly QueueType[];
}

export interface CollectInput {
  readonly run: RunRef;
  /** Absent if an older version started the step: the run's queue. */
  readonly queues?: StepQueues;
  /** The id of the workflow that receives the snapshots, and the interval. */
  readonly reportTo: string;
  readonly reportEveryMs: number;
  readonly stepIndex: number;
  /** Conditions that are reported immediately, because they end the run. */
  readonly abortOn?: AbortLimits;
}

export interface ObserveInput {
  readonly run: RunRef;
  /** Absent if an older version started the step: the run's queue. */
  readonly queues?: StepQueues;
  /** When the step begins, milliseconds since the epoch on the control server's clock. */
  readonly startAtMs: number;
  /** How long the step lasts. */
  readonly durationMs: number;
  /** Whether to read the server's own metrics too. They explain the verdict of a hold. */
  readonly readServer: boolean;
}

/** When a hold was: its start in milliseconds since the epoch on the control server's clock. */
export interface HoldTime {
  readonly startAtMs: number;
  readonly durationMs: number;
}

export interface ControlActivities {
  checkHealth(targetProfile: string | undefined, seen?: SeenTarget): Promise<Health>;
  prepareNamespace(run: RunRef, retentionMs: number, longestRunMs: number): Promise<void>;
  describeSystem(run: RunRef): Promise<SystemDescription>;
  /** Waits for the generators, and returns how long a call of the control server takes. */
  requireFreeGenerators(lanesNeeded: number): Promise<{ readonly controlRoundTripMs: number } | undefined>;
  awaitHosts(run: RunRef, hosts: number, hostsWorkflow: string): Promise<void>;
  /** Waits for workers that are not part of the run. */
  awaitPollers(run: RunRef): Promise<void>;
  collectProgress(input: CollectInput): Promise<void>;
  observeTarget(input: ObserveInput): Promise<TargetObservation>;
  /** Reads the heartbeats of the lanes of the step that calls it. */
  readLanes(): Promise<LaneRecords>;
  readHosts(hostsWorkflow: string): Promise<HostReport[]>;
  /** Waits for the hosts' workflow to close. Rejects with its failure. */
  awaitHostsEnded(hostsWorkflow: string): Promise<void>;
  judgeStep(input: JudgeInput): Promise<Judgement>;
  reconcile(input: ReconcileInput): Promise<Reconciliation>;
  /** Returns what is known about the database in each hold from a source whose values arrive minutes later. */
  readDatabase(holds: readonly HoldTime[]): Promise<Pick<ServerObservation, 'readings' | 'unknown'>[]>;
  sampleWorkload(run: RunRef, steps: readonly SampledStep[]): Promise<WorkloadSample>;
  cleanUp(run: RunRef, deleteNamespace: boolean, isAborted?: boolean): Promise<CleanupResult>;
}

export interface LoadActivities {
  generateLoad(input: GenerateLoadInput): Promise<LaneResult>;
}

export interface HostActivities {
  hostWorkflows(input: HostInput): Promise<HostReport>;
}
