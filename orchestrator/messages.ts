import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { Ledger } from '../measurement/account/ledger';
import type { StepSnapshot } from './activity-types';

/** The way through a run, in this order. */
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

/** One step on the timeline, with the instant it begins or began: milliseconds since the epoch. */
export interface ProgressStep {
  readonly number: number;
  readonly kind: string;
  readonly attempt: number;
  readonly fromRate: number;
  readonly toRate: number;
  readonly durationMs: number;
  readonly startAtMs: number;
}

/** The answer to the query `progress`. Its shape is stable: fields are added, never changed. */
export interface Progress {
  readonly runId: string;
  readonly namespace: string;
  readonly phase: Phase;
  /** Where the load is: step `number` of `steps`. Absent outside the load. */
  readonly step?: { readonly number: number; readonly steps: number; readonly kind: string; readonly attempt: number };
  /** Starts per second planned at this instant, and acknowledged on average since the last snapshot but one. */
  readonly targetRate: number;
  readonly achievedRate: number;
  readonly scheduled: number;
  readonly sent: number;
  readonly acknowledged: number;
  readonly completed: number;
  readonly failed: number;
  /** Scheduled arrivals that did not become a workflow. */
  readonly errors: number;
  readonly ledger: Ledger;
  readonly latency: { readonly p50Ms: number; readonly p99Ms: number };
  /** Tasks waiting in the run's queues, by the server's account; absent where it does not tell. */
  readonly backlog?: { readonly workflow?: number; readonly activity?: number };
  /** When the load began: milliseconds since the epoch, control server's clock. 0 before. */
  readonly loadStartMs: number;
  /** The steps asked for so far, the armed one included. */
  readonly timeline: readonly ProgressStep[];
  readonly loadDurationMs: number;
  /** Milliseconds until the load ends, as planned. */
  readonly etaMs: number;
  readonly aborted?: string;
  readonly notes: readonly string[];
}

export const progressQuery = defineQuery<Progress>('progress');

export interface AbortRequest {
  readonly reason?: string;
}
export const abortUpdate = defineUpdate<{ readonly phase: Phase }, [AbortRequest]>('abort');

/** From a step's collector to the run: its lanes' heartbeats, merged. */
export const snapshotSignal = defineSignal<[StepSnapshot]>('snapshot');

/** From a step's collector to the run: a limit is broken at which the run was to end. */
export const breachSignal = defineSignal<[string]>('breach');

/** From the run to its hosts' workflow: everything is cleaned up, stop. */
export const stopHostsSignal = defineSignal('stopHosts');
