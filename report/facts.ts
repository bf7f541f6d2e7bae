import type { Endings } from '../measurement/findings/endings';
import type { EncodedHistogram } from '../measurement/account/histogram';
import type { StepMeasurement } from '../measurement/account/lane';
import type { GeneratorAudit } from '../measurement/account/generator-audit';
import type { Ledger } from '../measurement/account/ledger';
import type { HostHistory, Validity } from '../measurement/judging/validity';
import type { Thresholds, Verdict } from '../measurement/judging/verdict';
import type { ServerRow } from '../measurement/server/over-time';
import type { SearchPlan } from '../measurement/capacity/search';
import type { TrialRecord } from '../measurement/capacity/trial';
import type { BenchmarkSpec, SpecInput } from '../spec/parse';
import type { BenchmarkResult, ResultLatency } from './result-schema';

/** A step that was run: its place in the plan, its measurement, the server's counts, its verdict and its validity. */
export interface StepFacts {
  readonly step: {
    readonly index: number;
    readonly name: string;
    readonly kind: 'ramp' | 'hold' | 'lead-in' | 'warm-up';
    readonly iteration: number;
    readonly attempt: number;
    readonly fromRate: number;
    readonly toRate: number;
    readonly startMs: number;
    readonly durationMs: number;
    readonly thresholds?: Thresholds;
    /** Share of the completions that are observed, 0–1, if the step has one of its own. */
    readonly observeShare?: number;
  };
  /** The start of the step: milliseconds since the epoch on the control server's clock. */
  readonly startAtMs: number;
  readonly measurement: StepMeasurement;
  /** The latencies as figures, if the run no longer carries the histograms. */
  readonly latencies?: Readonly<Record<'latency' | 'serviceTime' | 'startLatency' | 'scheduleLag', ResultLatency>>;
  /** The ledger after reconciliation with the server. */
  readonly settled: Ledger;
  readonly server?: BenchmarkResult['server']['counts'];
  readonly verdict?: Verdict;
  readonly validity?: Validity;
}

export interface CleanupFacts {
  readonly complete: boolean;
  readonly terminated: number;
  /** Workflows of the run that are still running at the end; null if they could not be counted. */
  readonly stillRunning: number | null;
  readonly namespaceDeleted: boolean;
  readonly warnings: readonly string[];
  /** The commands that finish the cleanup manually; empty if it is complete. */
  readonly commands: readonly string[];
}

/** A disagreement between the ledger and the server in one step: workflow ids that only one of them has. */
export interface Disagreement {
  readonly step: string;
  readonly attempt: number;
  /** null if the server's list was too long to read completely. */
  readonly onlyInAccount: { readonly count: number | null; readonly ids: readonly string[] };
  readonly onlyOnServer: { readonly count: number; readonly ids: readonly string[] };
  /** Skipped arrivals of the step. Up to this many of the ids that only the ledger has may belong to them. */
  readonly skippedAmongThem: number;
}

/** The cost of one workflow to the cluster: means over sampled workflows. */
export interface WorkloadSample {
  readonly sampled: number;
  readonly events: number;
  readonly bytes: number;
  readonly stateTransitions: number;
  readonly tasks: Readonly<
    Record<'workflowTaskScheduleToStart' | 'activityScheduleToStart' | 'activityExecution', EncodedHistogram>
  >;
  /** How sampled workflows ended that did not complete; absent in runs of earlier versions. */
  readonly endings?: Endings;
}

/** What a capacity search has tried, and what it was asked for. */
export interface SearchFacts {
  readonly plan: SearchPlan;
  readonly trials: readonly TrialRecord[];
  readonly labels: Readonly<Record<string, string>>;
  /** The input that repeats the search, and the part of it that was given. */
  readonly config: SpecInput;
  readonly given: SpecInput;
  /** Why the search ended before it was decided, if it did. */
  readonly stopped?: 'out of time';
}

/** Everything that a run found out, in chronological order. Parts that it did not reach are absent. */
export interface RunFacts {
  readonly spec: BenchmarkSpec;
  readonly startedAtMs: number;
  readonly runId: string;
  readonly workflowId: string;
  readonly namespace: string;
  readonly thresholds: Thresholds;
  readonly observeShare: number;
  readonly seriesWidthMs: number;
  /** `dynamicConfig` is absent if an older version started the run. */
  readonly system?: Omit<BenchmarkResult['system'], 'dynamicConfig'> & {
    readonly dynamicConfig?: readonly string[] | 'unknown';
  };
  readonly loadStartMs?: number;
  readonly loadDurationMs: number;
  readonly shifts: readonly { readonly step: string; readonly byMs: number }[];
  readonly steps: readonly StepFacts[];
  /** The load of each generator process over all holds. */
  readonly generators: readonly GeneratorAudit[];
  readonly hosts: readonly HostHistory[];
  /** What the server did over time, on the timeline of the load; absent if an older version started the run. */
  readonly serverRows?: readonly ServerRow[];
  readonly reconciliation?: {
    readonly settledBy: string;
    readonly visibilityWaitMs: number;
    /** Workflows that the server did not list in that time; absent if there are none. */
    readonly unlisted?: number;
    readonly open: readonly string[];
    readonly disagreements: readonly Disagreement[];
    readonly completedInWindow: readonly (readonly [number, number])[];
  };
  readonly workload?: WorkloadSample;
  readonly cleanup?: CleanupFacts;
  readonly error?: string;
  /** Whether the error is a mistake in the configuration. */
  readonly misconfigured?: boolean;
  readonly abortReason?: string;
  /** When the run was aborted: milliseconds since the epoch. */
  readonly abortedAtMs?: number;
  /** Only of a capacity search. */
  readonly search?: SearchFacts;
  readonly notes: readonly string[];
}
