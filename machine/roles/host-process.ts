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

/** A worker for the load workflows of one run, as a user would run one. */
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
    // A worker that caches workflows needs two.
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

/** A fixed number of polls has to be one that fits the round trip: by default the worker finds out how many it needs. */
function polling(pollers: number | undefined, slots: number): WorkerOptions['workflowTaskPollerBehavior'] {
  if (pollers !== undefined) return { type: 'simple-maximum', maximum: Math.min(pollers, slots) };
  return { type: 'autoscaling', minimum: Math.min(2, slots), initial: Math.min(10, slots), maximum: slots };
}

/** Tells the host activity how busy this process is; slots are sampled ten times as often as they are reported. */
function reportEverySecond(worker: Worker, hello: HostMessage, slots: number): void {
  const say = (message: HostMessage) => process.connected && process.send?.(message);
  say(hello);
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
    say({
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
