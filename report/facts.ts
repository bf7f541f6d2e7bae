import type { EncodedHistogram } from '../measurement/account/histogram';
import type { StepMeasurement } from '../measurement/account/lane';
import type { GeneratorAudit } from '../measurement/account/generator-audit';
import type { Ledger } from '../measurement/account/ledger';
import type { HostHistory, Validity } from '../measurement/judging/validity';
import type { Thresholds, Verdict } from '../measurement/judging/verdict';
import type { BenchmarkSpec } from '../spec/parse';
import type { BenchmarkResult, ResultLatency } from './result-schema';

/** A step as it was run: its place in the plan, what was measured, and what the server and the judges said. */
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
  };
  /** When it began: milliseconds since the epoch on the control server's clock. */
  readonly startAtMs: number;
  readonly measurement: StepMeasurement;
  /** Its latencies in figures, where its histograms were left behind. */
  readonly latencies?: Readonly<Record<'latency' | 'serviceTime' | 'startLatency' | 'scheduleLag', ResultLatency>>;
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

/** What the account and the server disagree about in one step: ids that one of them has and the other has not. */
export interface Disagreement {
  readonly step: string;
  readonly attempt: number;
  /** null where the server's list was too long to be read whole. */
  readonly onlyInAccount: { readonly count: number | null; readonly ids: readonly string[] };
  readonly onlyOnServer: { readonly count: number; readonly ids: readonly string[] };
  /** Arrivals of the step that were skipped: so many of the ids only in the account may be theirs. */
  readonly skippedAmongThem: number;
}

/** What one workflow of the load costs the cluster: means over a sample. */
export interface WorkloadSample {
  readonly sampled: number;
  readonly events: number;
  readonly bytes: number;
  readonly stateTransitions: number;
  readonly tasks: Readonly<
    Record<'workflowTaskScheduleToStart' | 'activityScheduleToStart' | 'activityExecution', EncodedHistogram>
  >;
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
  /** A run that began with an older version does not tell of its configuration. */
  readonly system?: Omit<BenchmarkResult['system'], 'dynamicConfig'> & {
    readonly dynamicConfig?: readonly string[] | 'unknown';
  };
  readonly loadStartMs?: number;
  readonly loadDurationMs: number;
  readonly shifts: readonly { readonly step: string; readonly byMs: number }[];
  readonly steps: readonly StepFacts[];
  /** How each generator process fared over all holds. */
  readonly generators: readonly GeneratorAudit[];
  readonly hosts: readonly HostHistory[];
  readonly reconciliation?: {
    readonly settledBy: string;
    readonly visibilityWaitMs: number;
    readonly open: readonly string[];
    readonly disagreements: readonly Disagreement[];
    readonly completedInWindow: readonly (readonly [number, number])[];
  };
  readonly workload?: WorkloadSample;
  readonly cleanup?: CleanupFacts;
  readonly error?: string;
  /** Whether another spec would have mended the error. */
  readonly misconfigured?: boolean;
  readonly abortReason?: string;
  readonly notes: readonly string[];
}
