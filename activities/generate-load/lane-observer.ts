/** Told of everything a lane books, for metrics. Durations in milliseconds; causes as in the ledger. */
export interface LaneObserver {
  scheduled(): void;
  sent(lagMs: number): void;
  acknowledged(startMs: number): void;
  recovered(): void;
  failed(cause: string, startMs: number): void;
  skipped(reason: string): void;
  completed(latencyMs: number): void;
  closedOtherwise(status: string): void;
  /** Once a second while the lane goes on. */
  gauges(values: { readonly inFlight: number; readonly awaited: number; readonly targetRate: number }): void;
}
