/** Returns whether an activity was canceled because its worker shuts down, and not because its workflow asked for it. */
export function isWorkerShutdown(cancellation: AbortSignal): boolean {
  return String((cancellation.reason as Error | undefined)?.message ?? '').includes('WORKER_SHUTDOWN');
}
