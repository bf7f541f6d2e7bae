/** Told of everything a lane books, for metrics. Durations in milliseconds; causes as in the ledger. */
export interface LaneObserver {
  scheduled(workload: string): void;
  sent(workload: string, lagMs: number): void;
  acknowledged(workload: string): void;
  recovered(workload: string): void;
  failed(workload: string, cause: string): void;
  skipped(workload: string, reason: string): void;
  completed(workload: string, latencyMs: number): void;
  closedOtherwise(workload: string, status: string): void;
  /** A call of the load connection has been answered, with `OK` or the code of its error. */
  requested(operation: string, code: string, durationMs: number): void;
  /** Once a second while the lane goes on. */
  gauges(values: { readonly inFlight: number; readonly awaited: number; readonly targetRate: number }): void;
}
