import { Runtime, type RuntimeOptions } from '@temporalio/worker';
import { freePort } from '../embedded-server';

/** The upper bounds of latency buckets, seconds: from 1 ms to 60 s. */
export const LATENCY_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

const SDK_LATENCIES = [
  'request_latency',
  'long_request_latency',
  'workflow_endtoend_latency',
  'workflow_task_schedule_to_start_latency',
  'workflow_task_execution_latency',
  'workflow_task_replay_latency',
  'activity_schedule_to_start_latency',
  'activity_execution_latency',
  'activity_succeed_endtoend_latency',
];

/**
 * Installs the SDK's runtime and serves its metrics on a loopback port. If that fails, installs the runtime without
 * metrics. Returns the port; undefined without metrics.
 */
export async function installRuntime(options: RuntimeOptions): Promise<number | undefined> {
  const port = await freePort();
  try {
    Runtime.install({
      ...options,
      telemetryOptions: {
        metrics: {
          prometheus: {
            bindAddress: `127.0.0.1:${port}`,
            useSecondsForDurations: true,
            histogramBucketOverrides: Object.fromEntries(SDK_LATENCIES.map((name) => [name, LATENCY_BUCKETS])),
          },
        },
      },
    });
    return port;
  } catch {
    Runtime.install(options);
    return undefined;
  }
}

/** Renames the labels that the SDK adds to a workflow's own metrics to snake case, as Prometheus' conventions require. */
export function withPrometheusLabels(page: string): string {
  return page.replace(/^benchmark_.*$/gm, (line) =>
    line.replace(/([{,])(taskQueue|workflowType)=/g, (_all, separator: string, name: string) => {
      return `${separator}${name === 'taskQueue' ? 'task_queue' : 'workflow_type'}=`;
    }),
  );
}
