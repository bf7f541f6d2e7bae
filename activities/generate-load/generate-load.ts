import { ApplicationFailure, Context } from '@temporalio/activity';
import type { Connection } from '@temporalio/client';
import type { LaneResult } from '../../measurement/lane';
import type { GenerateLoadInput, LaneCheckpoint } from '../../orchestrator/contract';
import type { TargetConnections } from '../connections';
import { ProcessAudit } from './audit';
import { anchorClock, type Anchor } from './clock';
import { ControlLink, Fence } from './control-link';
import { LaneAccount } from './lane-account';
import { firstDueAfter, paceLane } from './pace-lane';
import { targetCalls } from './target-calls';

export interface GeneratorDeps {
  readonly control: Connection;
  readonly controlNamespace: string;
  readonly targets: TargetConnections;
  readonly identity: string;
  /** Told when a lane is armed or ends, for the process's log. */
  readonly log: (message: string, fields: Record<string, unknown>) => void;
}

const HEARTBEAT_MS = 1000;
/** A lane picked up later than this after its step's start has missed too much to call it lag. */
const LATE_MS = 500;

export function createGenerateLoad(deps: GeneratorDeps) {
  /** Paces one lane of one step; see docs/decisions.md for what a heartbeat proves and what a successor does. */
  return async function generateLoad(input: GenerateLoadInput): Promise<LaneResult> {
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
    const account = new LaneAccount(input);
    const audit = new AuditedRun(deps.identity, info.attempt);
    const target = targetCalls(await deps.targets.get(input.run.targetProfile), {
      namespace: input.run.namespace,
      taskQueue: input.run.taskQueue,
      workflowType: input.workload,
      identity: deps.identity,
      onRetry: () => (audit.observerRetries += 1),
    });

    const anchor = await anchorClock(link, predecessor ?? account.checkpoint('armed'));
    const now = () => performance.now() - anchor.originMs - input.startAtMs;
    if (predecessor === undefined || info.attempt === 1) {
      if (now() > LATE_MS) return account.result(audit.finish(anchor), 'picked up late');
      await target.warmUp();
    }
    const from = takeOver(input, account, predecessor, info.attempt, now());
    deps.log('lane armed', { step: input.step.name, lane: input.lane, attempt: info.attempt, from });

    const stop = new AbortController();
    const fence = new Fence(input.heartbeatTimeoutMs, () => performance.now());
    const heartbeats = new Heartbeats(link, fence, account, audit, input, context, stop);
    try {
      const { completions } = await paceLane({
        input,
        account,
        target,
        now,
        maySend: () => fence.open,
        stop: stop.signal,
        from,
      });
      audit.loadOver();
      heartbeats.phase = 'settling';
      await Promise.race([completions, timeOut(input, now), aborted(stop.signal)]);
      if (heartbeats.superseded)
        throw ApplicationFailure.retryable('another attempt has taken this lane over', 'Superseded');
      if (heartbeats.shuttingDown) {
        await heartbeats.beat();
        throw ApplicationFailure.retryable('the generator process is shutting down', 'ShuttingDown');
      }
      account.giveUpWaiting();
      return account.result(audit.finish(anchor), stop.signal.aborted ? String(stop.signal.reason) : undefined);
    } finally {
      heartbeats.end();
    }
  };
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
  const resumeAt = firstDueAfter(input, nowMs);
  const nothing: LaneCheckpoint = new LaneAccount(input).checkpoint('armed');
  account.resume(predecessor ?? nothing, Math.max(resumeAt, predecessor?.cursor.next ?? 0));
  return Math.max(resumeAt, predecessor?.cursor.next ?? 0);
}

/** Beats every second, proves the attempt current, and stops the lane when control says so. */
class Heartbeats {
  phase: LaneCheckpoint['phase'] = 'sending';
  superseded = false;
  shuttingDown = false;
  private readonly timer: NodeJS.Timeout;
  private underWay = false;

  constructor(
    private readonly link: ControlLink,
    private readonly fence: Fence,
    private readonly account: LaneAccount,
    private readonly audit: AuditedRun,
    private readonly input: GenerateLoadInput,
    private readonly context: Context,
    private readonly stop: AbortController,
  ) {
    this.timer = setInterval(() => void this.beat(), HEARTBEAT_MS);
    context.cancellationSignal.addEventListener('abort', () => this.cancelled());
    void this.beat();
  }

  async beat(): Promise<void> {
    if (this.underWay) return;
    this.underWay = true;
    this.audit.sample(this.account.inFlight);
    const checkpoint = this.account.checkpoint(this.phase);
    // Core enforces the heartbeat timeout locally too, so it has to hear the same; a late or lost one does no harm.
    this.context.heartbeat(checkpoint);
    const askedAtMs = performance.now();
    const proof = await this.link.heartbeat(checkpoint, this.input.heartbeatTimeoutMs);
    this.underWay = false;
    if (proof === 'current' || proof === 'cancelled') this.fence.prove(askedAtMs);
    if (proof === 'cancelled') this.stop.abort('cancelled');
    if (proof === 'superseded') {
      this.superseded = true;
      this.stop.abort('superseded');
    }
  }

  end(): void {
    clearInterval(this.timer);
  }

  private cancelled(): void {
    const reason = String((this.context.cancellationSignal.reason as Error | undefined)?.message ?? '');
    if (reason.includes('WORKER_SHUTDOWN')) this.shuttingDown = true;
    this.stop.abort('cancelled');
  }
}

/** The audit of one attempt, from its arming to its end. */
class AuditedRun {
  observerRetries = 0;
  private maxInFlight = 0;
  private readonly process = new ProcessAudit();
  private measured?: ReturnType<ProcessAudit['stop']>;

  constructor(
    private readonly identity: string,
    private readonly attempts: number,
  ) {}

  sample(inFlight: number): void {
    this.maxInFlight = Math.max(this.maxInFlight, inFlight);
    this.process.sample();
  }

  /** The load is over: what the process does while it waits for completions is no evidence about its pacing. */
  loadOver(): void {
    this.measured ??= this.process.stop();
  }

  finish({ offsetMs, uncertaintyMs }: Anchor) {
    this.loadOver();
    return {
      ...this.measured!,
      identity: this.identity,
      attempts: this.attempts,
      clockOffsetMs: Math.round(offsetMs * 1000) / 1000,
      clockUncertaintyMs: Math.round(uncertaintyMs * 1000) / 1000,
      observerRetries: this.observerRetries,
      maxInFlight: this.maxInFlight,
    };
  }
}

async function timeOut(input: GenerateLoadInput, now: () => number): Promise<void> {
  const leftMs = input.step.durationMs + input.completionTimeoutMs - now();
  await new Promise<void>((resolve) => setTimeout(resolve, Math.max(0, leftMs)).unref());
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
