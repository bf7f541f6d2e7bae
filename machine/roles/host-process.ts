import { hostname } from 'node:os';
import { performance } from 'node:perf_hooks';
import { NativeConnection, Worker, type WorkerOptions } from '@temporalio/worker';
import { resolveTarget } from '../../temporal/connections';
import { SAMPLE_MS, type HostMessage } from '../../activities/hosts/host-workflows';
import * as activities from '../../load-workflows/activities';
import type { HostInput } from '../../orchestrator/activity-types';
import { hostIdentityPrefix } from '../../orchestrator/names';
import { logger, quietLogger } from '../log';
import { installRuntime } from '../metrics/sdk-runtime';
import { LOAD_WORKFLOWS_BUNDLE } from '../paths';

/** Runs a worker for the load workflows of one run, configured as a user's worker would be. */
async function main({ run, host, slots, pollers, attempt }: HostInput & { attempt: number }): Promise<void> {
  const metricsPort = await installRuntime({ shutdownSignals: [], logger: quietLogger(logger('host-process')) });
  const identity = `${hostIdentityPrefix(run.runId, host)}${attempt}@${hostname()}:${process.pid}`;
  const worker = await Worker.create({
    connection: await NativeConnection.connect(resolveTarget(run.targetProfile).options),
    namespace: run.namespace,
    taskQueue: run.taskQueue,
    identity,
    workflowBundle: { codePath: LOAD_WORKFLOWS_BUNDLE },
    activities,
    // A worker that caches workflows needs at least two slots.
    maxConcurrentWorkflowTaskExecutions: Math.max(2, slots),
    maxConcurrentActivityTaskExecutions: slots,
    workflowTaskPollerBehavior: polling(pollers, Math.max(2, slots)),
    activityTaskPollerBehavior: polling(pollers, slots),
  });
  const stop = () => worker.getState() === 'RUNNING' && worker.shutdown();
  process.on('message', stop);
  process.once('disconnect', stop);
  process.once('SIGTERM', stop);
  process.on('SIGINT', () => undefined);
  reportEverySecond(worker, { identity, metricsPort }, slots);
  await worker.run();
  process.exit(0);
}

/** Returns a fixed number of pollers, or autoscaling pollers by default: the right number depends on the round-trip time. */
function polling(pollers: number | undefined, slots: number): WorkerOptions['workflowTaskPollerBehavior'] {
  if (pollers !== undefined) return { type: 'simple-maximum', maximum: Math.min(pollers, slots) };
  return { type: 'autoscaling', minimum: Math.min(2, slots), initial: Math.min(10, slots), maximum: slots };
}

/** Reports to the host activity how busy this process is. Slots are sampled ten times per report. */
function reportEverySecond(worker: Worker, hello: HostMessage, slots: number): void {
  const send = (message: HostMessage) => process.connected && process.send?.(message);
  send(hello);
  let loop = performance.eventLoopUtilization();
  let cpu = process.cpuUsage();
  let since = performance.now();
  let samples = 0;
  let exhausted = 0;
  setInterval(() => {
    samples += 1;
    const { numInFlightWorkflowActivations, numInFlightActivities } = worker.getStatus();
    if (numInFlightWorkflowActivations >= Math.max(2, slots) || numInFlightActivities >= slots) exhausted += 1;
  }, SAMPLE_MS / 10).unref();
  setInterval(() => {
    const now = performance.eventLoopUtilization();
    const used = process.cpuUsage(cpu);
    const elapsedMs = performance.now() - since;
    send({
      startMs: Date.now() - SAMPLE_MS,
      eventLoopUtilization: performance.eventLoopUtilization(now, loop).utilization,
      slotsExhaustedShare: samples === 0 ? 0 : exhausted / samples,
      cpuCores: (used.user + used.system) / 1000 / elapsedMs,
    });
    cpu = process.cpuUsage();
    since = performance.now();
    loop = now;
    samples = exhausted = 0;
  }, SAMPLE_MS).unref();
}

void main(JSON.parse(process.argv[2]!) as HostInput & { attempt: number }).catch((err: unknown) => {
  process.stderr.write(`${(err as Error).message}\n`);
  process.exit(1);
});
