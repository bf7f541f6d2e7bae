import { ApplicationFailure, Context } from '@temporalio/activity';
import type { Connection } from '@temporalio/client';
import type { LaneResult } from '../../measurement/account/lane';
import { rateAt } from '../../measurement/load/profile';
import type { GenerateLoadInput, LaneCheckpoint } from '../../orchestrator/activity-types';
import type { TargetConnections } from '../../temporal/connections';
import { machineFacts } from './machine-facts';
import { anchorClock } from './clock';
import { ControlLink, Fence } from './control-link';
import { Heartbeats } from './heartbeats';
import { LaneAccount } from './lane-account';
import { LaneAudit } from './lane-audit';
import type { LaneObserver } from './lane-observer';
import { MemoryGuard } from './memory-guard';
import { firstDueAfter, paceLane } from './pace-lane';
import { targetCalls } from './target-calls';

export interface GeneratorDeps {
  readonly control: Connection;
  readonly controlNamespace: string;
  readonly targets: TargetConnections;
  readonly identity: string;
  /** Told when a lane is armed or is in trouble, for the process's log. */
  readonly log: (message: string, fields: Record<string, unknown>) => void;
  /** The highest rate of a whole step that this process takes part in, starts per second: BENCHMARK_MAX_RATE. */
  readonly maxRate?: number;
  /** Told of load that is still being sent for a lane which has been handed over: the process outlives it. */
  readonly lingering: (load: Promise<unknown>) => void;
  /** Watches one lane of one step, for the process's metrics. */
  readonly observe: (workload: string) => LaneObserver & { end(): void };
}

/** A lane picked up later than this after its step's start has missed too much to call it lag. */
const LATE_MS = 500;

/**
 * A process that is told to end goes on for this long with the arrivals it has reserved, which is what a successor
 * needs to be there: about a second until the server offers the lane again, and some for it to arm.
 */
const LEAVE_MS = 4000;
/** What the reserved time stays below the heartbeat timeout, so that the fence is open to its end (I3b). */
const FENCE_MARGIN_MS = 1250;

export function createGenerateLoad(deps: GeneratorDeps) {
  /** Paces one lane of one step; see docs/decisions.md for what a heartbeat proves and what a successor does. */
  return async function generateLoad(input: GenerateLoadInput): Promise<LaneResult> {
    refuseBeyond(deps.maxRate, input);
    const context = Context.current();
    const { info } = context;
    const link = new ControlLink(deps.control, {
      namespace: deps.controlNamespace,
      taskToken: info.taskToken,
      workflowId: info.workflowExecution!.workflowId,
      workflowRunId: info.workflowExecution!.runId,
      activityId: info.activityId,
      identity: deps.identity,
    });
    const predecessor = info.heartbeatDetails as LaneCheckpoint | undefined;
    const audit = new LaneAudit(deps.identity, info.attempt, await machineFacts());
    const metrics = deps.observe(input.workload);
    const observer: typeof metrics = {
      ...metrics,
      sent(workload, lagMs) {
        audit.sent(lagMs);
        metrics.sent(workload, lagMs);
      },
    };
    const account = new LaneAccount(input, observer);
    const about = { step: input.step.name, lane: input.lane, attempt: info.attempt };
    const memory = new MemoryGuard(input.maxInFlight, (cap) =>
      deps.log('memory pressure: in-flight cap lowered', { ...about, cap }),
    );
    const target = targetCalls(await deps.targets.several(input.run.targetProfile, input.connections), {
      input,
      identity: deps.identity,
      onRetry: () => (audit.observerRetries += 1),
      onRequest: (...request) => observer.requested(...request),
    });

    const anchor = await anchorClock(link, predecessor ?? account.checkpoint('armed'));
    const now = () => performance.now() - anchor.originMs - input.startAtMs;
    const result = (cutShort?: string) =>
      account.result(audit.finish(anchor, memory.timesLowered, account.startP50Ms), cutShort);
    if (predecessor === undefined || info.attempt === 1) {
      if (now() > LATE_MS) return result('picked up late');
      await target.warmUp();
    }
    const from = takeOver(input, account, predecessor, info.attempt, now());
    deps.log('lane armed', { ...about, from });

    let phase: LaneCheckpoint['phase'] = 'sending';
    const fence = new Fence(input.heartbeatTimeoutMs, () => performance.now());
    const checkpoint = (through?: number) => {
      const { inFlight, awaited } = account;
      const isNow = now();
      const isOn = isNow >= 0 && isNow < input.step.durationMs && phase === 'sending';
      audit.sample(inFlight, isNow, isOn);
      memory.sample();
      observer.gauges({ inFlight, awaited, targetRate: isOn ? rateAt(input.step, isNow) / input.lanes : 0 });
      return account.checkpoint(phase, through);
    };
    const { heartbeatTimeoutMs } = input;
    const heartbeats = new Heartbeats({ link, fence, context, heartbeatTimeoutMs, checkpoint });
    const { stop, leave } = heartbeats;
    let untilMs = Infinity;
    const pace = { input, account, target, now, maySend: () => fence.open, stop, from, memory, until: () => untilMs };
    const pacing = paceLane(pace);
    // Awaited below, but for a lane that is handed over: then nobody is there to hear of it.
    pacing.catch(() => undefined);
    try {
      const paced = await Promise.race([pacing, aborted(leave)]);
      if (paced) {
        audit.loadOver();
        phase = 'settling';
        await Promise.race([paced.completions, timeOut(input, now), aborted(stop), afterAll(leave, LEAVE_MS)]);
      }
      if (heartbeats.superseded)
        throw ApplicationFailure.retryable('another attempt has taken this lane over', 'Superseded');
      if (leave.aborted && (!paced || account.awaited > 0)) {
        if (!paced) untilMs = now() + Math.min(LEAVE_MS, input.heartbeatTimeoutMs - FENCE_MARGIN_MS);
        deps.lingering(pacing);
        await heartbeats.last(paced ? 0 : firstDueAfter(input, untilMs));
        throw ApplicationFailure.retryable('the generator process is shutting down', 'ShuttingDown');
      }
      account.giveUpWaiting();
      return result(stop.aborted ? String(stop.reason) : undefined);
    } finally {
      heartbeats.end();
      observer.end();
    }
  };
}

/** Whoever runs a worker bounds what it may be made to send, whatever a spec asks for. */
function refuseBeyond(maxRate: number | undefined, { step }: GenerateLoadInput): void {
  const peak = Math.max(step.fromRate, step.toRate);
  if (maxRate === undefined || peak <= maxRate) return;
  throw ApplicationFailure.nonRetryable(
    `rate: ${peak} is not allowed; BENCHMARK_MAX_RATE of this worker allows up to ${maxRate} workflow starts per second`,
    'RateRefused',
  );
}

/** @returns the sequence to go on from */
function takeOver(
  input: GenerateLoadInput,
  account: LaneAccount,
  predecessor: LaneCheckpoint | undefined,
  attempt: number,
  nowMs: number,
): number {
  if (attempt === 1) return 0;
  const before = predecessor ?? new LaneAccount(input).checkpoint('armed');
  const resumeAt = Math.max(firstDueAfter(input, nowMs), before.cursor.next);
  account.resume(before, resumeAt);
  return resumeAt;
}

async function timeOut(input: GenerateLoadInput, now: () => number): Promise<void> {
  const leftMs = input.step.durationMs + input.completionTimeoutMs - now();
  await new Promise<void>((resolve) => setTimeout(resolve, Math.max(0, leftMs)).unref());
}

async function afterAll(signal: AbortSignal, ms: number): Promise<void> {
  await aborted(signal);
  await new Promise((resolve) => setTimeout(resolve, ms).unref());
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
