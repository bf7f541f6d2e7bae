/** Receives every event of a lane's account, for metrics. Durations are in milliseconds; causes are those of the ledger. */
export interface LaneObserver {
  scheduled(workload: string): void;
  sent(workload: string, lagMs: number): void;
  acknowledged(workload: string): void;
  recovered(workload: string): void;
  failed(workload: string, cause: string): void;
  skipped(workload: string, reason: string): void;
  completed(workload: string, latencyMs: number): void;
  closedOtherwise(workload: string, status: string): void;
  /** Called when a call to the target ends, with `OK` or its gRPC error code. */
  requested(operation: string, code: string, durationMs: number): void;
  /** Called when the generator itself takes a task of the target, with the time that the task waited. */
  taskTaken(type: 'workflow' | 'activity', scheduleToStartMs: number): void;
  /** Called when the generator itself closes a workflow, with the time since its start on the server. */
  executed(endToEndMs: number): void;
  /** Called once per second while the lane runs. */
  gauges(values: { readonly inFlight: number; readonly awaited: number; readonly targetRate: number }): void;
}
