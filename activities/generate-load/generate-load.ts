import { setTimeout as sleep } from 'node:timers/promises';
import { ApplicationFailure, Context } from '@temporalio/activity';
import type { Connection } from '@temporalio/client';
import type { LaneResult } from '../../measurement/account/lane';
import { total } from '../../measurement/account/ledger';
import { rateAt } from '../../measurement/load/profile';
import type { GenerateLoadInput, LaneCheckpoint } from '../../orchestrator/activity-types';
import { PICKED_UP_LATE } from '../../orchestrator/names';
import type { TargetConnections } from '../../temporal/target-connections';
import type { AsyncContexts } from './async-contexts';
import { machineFacts } from './machine-facts';
import { anchorClock } from './clock';
import { ControlLink, Fence } from './control-link';
import { Heartbeats } from './heartbeats';
import { LaneAccount } from './lane-account';
import { LaneAudit } from './lane-audit';
import type { LaneExecutors } from './lane-executors';
import type { LaneObserver } from './lane-observer';
import { LaneTarget } from './lane-target';
import { MemoryGuard } from './memory-guard';
import { dueTimeOf, firstDueAfter } from './lane-schedule';
import { paceLane } from './pace-lane';

export interface GeneratorDeps {
  readonly control: Connection;
  readonly controlNamespace: string;
  readonly targets: TargetConnections;
  readonly identity: string;
  readonly executors: LaneExecutors;
  readonly contexts: AsyncContexts;
  /** Writes to the process's log. */
  readonly log: (message: string, fields: Record<string, unknown>) => void;
  /** The highest rate of a whole step that this process accepts, starts per second: BENCHMARK_MAX_RATE. */
  readonly maxRate?: number;
  /** Receives load that is still being sent after its lane was handed over; the process must await it before it exits. */
  readonly onUnfinishedLoad: (load: Promise<unknown>) => void;
  /** Returns the observer of one lane of one step, for the process's metrics. */
  readonly observe: (workload: string, namespace: string) => LaneObserver & { end(): void };
}

/** A lane that starts later than this after its step's start does nothing: a delay of that size is not schedule lag. */
const LATE_MS = 500;

/**
 * How long a process that shuts down still sends the arrivals that it has reserved. The next attempt needs about this
 * time: about a second until the server dispatches the lane again, and the rest to get ready.
 */
const HANDOVER_MS = 4000;
/** The reserved time ends this long before the heartbeat timeout, so that the fence stays open until its end (I3b). */
const FENCE_MARGIN_MS = 1250;

export function createGenerateLoad(deps: GeneratorDeps) {
  /**
   * Sends the arrivals of one lane of one step and returns its account. docs/decisions.md explains what a heartbeat proves
   * and how an attempt takes over the lane of a dead one.
   */
  return async function generateLoad(input: GenerateLoadInput): Promise<LaneResult> {
    requireAllowedRate(deps.maxRate, input);
    const context = Context.current();
    const observer = deps.observe(input.workload, input.run.namespace);
    let target: LaneTarget | undefined;
    let unfinished: Promise<unknown> = Promise.resolve();
    const onUnfinishedLoad = (load: Promise<unknown>) => deps.onUnfinishedLoad((unfinished = load));
    try {
      target = await LaneTarget.open(deps, input, observer);
      return await runLane({ ...deps, onUnfinishedLoad }, context, input, observer, target);
    } finally {
      observer.end();
      const close = () => target?.close();
      void unfinished.then(close, close);
    }
  };
}

async function runLane(
  deps: GeneratorDeps,
  context: Context,
  input: GenerateLoadInput,
  metrics: LaneObserver,
  target: LaneTarget,
): Promise<LaneResult> {
  const { info } = context;
  const attempt = {
    namespace: deps.controlNamespace,
    taskToken: info.taskToken,
    workflowId: info.workflowExecution!.workflowId,
    workflowRunId: info.workflowExecution!.runId,
    activityId: info.activityId,
    identity: deps.identity,
  };
  const link = new ControlLink(deps.control, attempt, deps.contexts);
  const previous = info.heartbeatDetails as LaneCheckpoint | undefined;
  const audit = new LaneAudit(deps.identity, info.attempt, await machineFacts());
  const observer: LaneObserver = {
    ...metrics,
    sent(workload, lagMs) {
      audit.sent(lagMs);
      metrics.sent(workload, lagMs);
    },
  };
  const account = new LaneAccount(input, observer);
  const logFields = { step: input.step.name, lane: input.lane, attempt: info.attempt };
  const memory = new MemoryGuard(input.maxInFlight, (cap) =>
    deps.log('memory pressure: in-flight cap lowered', { ...logFields, cap }),
  );
  const anchored = await anchorClock(link, previous ?? account.checkpoint('armed'));
  if (anchored === 'superseded') throw superseded();
  const { anchor, provenAtMs, isCanceled } = anchored;
  const now = () => performance.now() - anchor.originMs - input.startAtMs;
  const result = (cutShort?: string) => {
    audit.observerRetries = target.retries;
    return account.result(audit.finish(anchor, memory.timesLowered, account.lagLimitMs), cutShort);
  };
  if (!isCanceled && (previous === undefined || info.attempt === 1)) {
    if (now() > LATE_MS) return result(PICKED_UP_LATE);
    await target.calls.warmUp();
  }
  const from = takeOver(input, account, previous, info.attempt, now());
  // A lane that is stopped after its last due time has sent everything: only its completions are no longer awaited.
  const cutShort = (reason: string) => (now() < input.step.durationMs ? reason : undefined);
  if (isCanceled) return result(cutShort('canceled'));
  deps.log('lane armed', { ...logFields, from });

  let phase: LaneCheckpoint['phase'] = 'sending';
  const fence = new Fence(input.heartbeatTimeoutMs, () => performance.now(), provenAtMs);
  const checkpoint = (through?: number) => {
    const { inFlight, awaited } = account;
    const nowMs = now();
    const isSending = nowMs >= 0 && nowMs < input.step.durationMs && phase === 'sending';
    audit.sample(inFlight, nowMs, isSending);
    memory.sample();
    observer.gauges({ inFlight, awaited, targetRate: isSending ? rateAt(input.step, nowMs) / input.lanes : 0 });
    return account.checkpoint(phase, through);
  };
  const { heartbeatTimeoutMs } = input;
  const heartbeats = new Heartbeats({ link, fence, context, heartbeatTimeoutMs, checkpoint });
  const { stop, handover } = heartbeats;
  let stopReason: string | undefined;
  void aborted(stop).then(() => (stopReason = cutShort(String(stop.reason))));
  let untilMs = Infinity;
  const maySend = () => fence.open;
  const until = () => untilMs;
  const pacing = paceLane({ input, account, target: target.calls, now, maySend, stop, from, memory, until });
  // Awaited below, except for a lane that is handed over: its failure must not become an unhandled rejection.
  pacing.catch(() => undefined);
  try {
    const paced = await Promise.race([pacing, aborted(handover)]);
    if (paced) {
      audit.loadOver();
      phase = 'settling';
      const handoverEnd = aborted(handover).then(() => sleep(HANDOVER_MS, undefined, { ref: false }));
      await Promise.race([paced.completions, completionTimeout(input, now), aborted(stop), handoverEnd]);
    }
    if (heartbeats.superseded) throw superseded();
    if (handover.aborted && (!paced || account.awaited > 0)) {
      if (!paced) untilMs = now() + Math.min(HANDOVER_MS, input.heartbeatTimeoutMs - FENCE_MARGIN_MS);
      // Its successor must see the completions of what it starts itself.
      target.stopExecuting();
      deps.onUnfinishedLoad(pacing);
      await heartbeats.sendLast(paced ? 0 : firstDueAfter(input, untilMs));
      throw ApplicationFailure.retryable('the generator process is shutting down', 'ShuttingDown');
    }
    account.giveUpWaiting();
    target.mayHaveOpenWorkflows = mayHaveOpenWorkflows(account.checkpoint(phase));
    return result(stopReason);
  } finally {
    heartbeats.end();
  }
}

/** Whether workflows may be open: those that are awaited, and those that are not known to exist or to have closed. */
function mayHaveOpenWorkflows({ ledger, observation, awaited }: LaneCheckpoint): boolean {
  return awaited + observation.lost + ledger.recovered + ledger.inDoubt + total(ledger.unknown) > 0;
}

function superseded(): ApplicationFailure {
  return ApplicationFailure.retryable('another attempt has taken over this lane', 'Superseded');
}

/** Throws RateRefused if the step's rate exceeds the limit that the operator of this worker has set. */
function requireAllowedRate(maxRate: number | undefined, { step }: GenerateLoadInput): void {
  const peak = Math.max(step.fromRate, step.toRate);
  if (maxRate === undefined || peak <= maxRate) return;
  throw ApplicationFailure.nonRetryable(
    `the rate ${peak}/s exceeds BENCHMARK_MAX_RATE of this worker (${maxRate} workflow starts per second); lower the rate or raise BENCHMARK_MAX_RATE`,
    'RateRefused',
  );
}

/** Takes over the account of the previous attempt, if there is one, and returns the first sequence to send. */
function takeOver(
  input: GenerateLoadInput,
  account: LaneAccount,
  previous: LaneCheckpoint | undefined,
  attempt: number,
  nowMs: number,
): number {
  if (attempt === 1) return 0;
  const checkpoint = previous ?? new LaneAccount(input).checkpoint('armed');
  const resumeAt = Math.max(firstDueAfter(input, nowMs), checkpoint.cursor.next);
  const fromMs = Math.min(nowMs, dueTimeOf(input, checkpoint.cursor.next));
  account.resume(checkpoint, resumeAt, { fromMs: Math.max(0, Math.round(fromMs)), untilMs: Math.round(nowMs) });
  return resumeAt;
}

/** Resolves when completions are no longer waited for. */
async function completionTimeout(input: GenerateLoadInput, now: () => number): Promise<void> {
  const remainingMs = input.step.durationMs + input.completionTimeoutMs - now();
  await sleep(Math.max(0, remainingMs), undefined, { ref: false });
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
