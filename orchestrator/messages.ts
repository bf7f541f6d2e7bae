import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { Ledger } from '../measurement/account/ledger';
import type { BenchmarkResult } from '../report/result-schema';
import type { StepSnapshot } from './activity-types';

/** The phases of a run, in order. */
export const PHASES = [
  'starting',
  'health',
  'namespace',
  'system',
  'hosts',
  'load',
  'drain',
  'reconcile',
  'sample',
  'verdict',
  'cleanup',
  'report',
  'done',
] as const;
export type Phase = (typeof PHASES)[number];

/** One step on the timeline, with its start time: milliseconds since the epoch. */
export interface ProgressStep {
  readonly number: number;
  readonly kind: string;
  readonly attempt: number;
  readonly fromRate: number;
  readonly toRate: number;
  readonly durationMs: number;
  readonly startAtMs: number;
  /** The name of the step, its iteration, and its planned offset from the start of the load; absent in older versions. */
  readonly name?: string;
  readonly iteration?: number;
  readonly startMs?: number;
}

/** How far a capacity search is. Rates are starts per second. */
export interface SearchProgress {
  readonly goals: readonly {
    readonly name: string;
    /** Highest rate that holds and lowest that does not, as far as known. */
    readonly good?: number;
    readonly bad?: number;
    /** Set when the goal is decided. */
    readonly end?: string;
  }[];
  /** The trials that have ended. */
  readonly trials: readonly { readonly rate: number; readonly outcome: string }[];
  readonly current?: { readonly phase: string; readonly rate: number; readonly holdSeconds: number };
  /** Estimated seconds until the search is decided, at most until its time is over. */
  readonly secondsLeft: number;
}

/** The result of the query `progress`. It is stable: fields are added but never changed. */
export interface Progress {
  readonly runId: string;
  readonly namespace: string;
  readonly phase: Phase;
  /** The current step, `number` of `steps`. Absent outside the load phase. */
  readonly step?: { readonly number: number; readonly steps: number; readonly kind: string; readonly attempt: number };
  /** Planned starts per second at this time. */
  readonly targetRate: number;
  /** Acknowledged starts per second between the last two snapshots of a step, or since its start. */
  readonly achievedRate: number;
  readonly scheduled: number;
  readonly sent: number;
  readonly acknowledged: number;
  readonly completed: number;
  readonly failed: number;
  /** Scheduled arrivals that did not become a workflow. */
  readonly errors: number;
  readonly ledger: Ledger;
  /** Latency in the latest step with a completion; absent before the first one. */
  readonly latency?: { readonly p50Ms: number; readonly p99Ms: number };
  /** Tasks waiting in the run's queues, by the server's statistics; absent if the server has none. */
  readonly backlog?: { readonly workflow?: number; readonly activity?: number };
  /** When the load began: milliseconds since the epoch on the control server's clock; 0 before the load. */
  readonly loadStartMs: number;
  /** The steps started so far, including one whose generators wait for its start time. */
  readonly timeline: readonly ProgressStep[];
  readonly loadDurationMs: number;
  /** The steps that have ended, and the width of the intervals in the series of each step; absent in older versions. */
  readonly stepsEnded?: number;
  readonly seriesWidthMs?: number;
  /** Milliseconds until the planned end of the load. */
  readonly etaMs: number;
  readonly aborted?: string;
  readonly notes: readonly string[];
  /** Only of a capacity search. */
  readonly search?: SearchProgress;
}

export const progressQuery = defineQuery<Progress>('progress');

/**
 * The result as it would be if the run ended now: what the steps that have ended measured. A step in progress is not in it.
 * It is for the live page, which asks when a step has ended.
 */
export const interimResultQuery = defineQuery<BenchmarkResult>('interimResult');

export interface AbortRequest {
  readonly reason?: string;
}
export const abortUpdate = defineUpdate<{ readonly phase: Phase }, [AbortRequest]>('abort');

/** From a step's collector to the run: the merged heartbeats of the step's lanes. */
export const snapshotSignal = defineSignal<[StepSnapshot]>('snapshot');

/** From a step's collector to the run: an abort condition is met; the argument is the reason. */
export const breachSignal = defineSignal<[string]>('breach');

/** From the run to its hosts' workflow: stop the hosts. */
export const stopHostsSignal = defineSignal('stopHosts');
