import type { Closed } from '../../executor/workflow-tasks';
import type { CloseStatus } from '../../temporal/wire/close-event';
import type { TargetCalls } from './target-calls';

/** A workflow of the lane that has been sent and is not known to be closed. */
interface Open {
  /** When it was sent: performance.now. */
  readonly sentAtMs: number;
  /** How it closed, if that was before its start was answered. */
  closed?: CloseStatus;
  /** Ends the wait for its close. */
  onClosed?: (status: CloseStatus | undefined) => void;
  /** Asks the server how it closed; set when it is awaited. */
  ask?: () => Promise<CloseStatus | undefined>;
}

/** An answer within this time did not wait for the close. */
const AT_ONCE_MS = 1000;

export interface StragglerOptions {
  /** A workflow that is open for longer than this after its start is asked about. Milliseconds. */
  readonly afterMs: number;
  /** How many are asked about at the same time; each costs a long poll. */
  readonly atOnce: number;
}

/**
 * The closes of a lane's workflows, which the executor in the same process reports when the server acknowledges them: no
 * call is needed to observe them. The server is asked only about workflows that stay open for unusually long, because
 * something else may have closed them.
 */
export class OwnCloses {
  /** In the order of their starts. */
  private readonly open = new Map<string, Open>();
  private asking = 0;

  constructor(
    private readonly stragglers: StragglerOptions,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** Takes a close from the executor. Workflows that are not the lane's own, e.g. children, are ignored. */
  take({ workflowId, status }: Closed): void {
    this.end(workflowId, status);
  }

  /** Returns the calls of a lane with closes from here instead of from long polls. */
  observing(target: TargetCalls): TargetCalls {
    return {
      ...target,
      get inFlightBytes() {
        return target.inFlightBytes;
      },
      start: async (workflowId, sequence) => {
        this.open.set(workflowId, { sentAtMs: this.now() });
        try {
          return await target.start(workflowId, sequence);
        } catch (err) {
          this.open.delete(workflowId);
          throw err;
        }
      },
      awaitClose: (workflowId, runId, isTimedOut) => {
        const workflow = this.open.get(workflowId);
        if (!workflow) return Promise.resolve(undefined);
        if (workflow.closed !== undefined) {
          this.open.delete(workflowId);
          return Promise.resolve(workflow.closed);
        }
        workflow.ask = () => target.awaitClose(workflowId, runId, isTimedOut);
        return new Promise((resolve) => (workflow.onClosed = resolve));
      },
    };
  }

  /** Asks about the workflows that have been open for the longest; call it every few seconds. */
  askAboutStragglers(): void {
    const before = this.now() - this.stragglers.afterMs;
    for (const [workflowId, workflow] of this.open) {
      if (workflow.sentAtMs > before || this.asking >= this.stragglers.atOnce) return;
      const { ask } = workflow;
      if (!ask) continue;
      workflow.ask = undefined;
      this.asking += 1;
      const askedAtMs = this.now();
      void ask().then((status) => {
        this.asking -= 1;
        // An answer at once: it had completed, nobody knows when.
        const isUnseen = status === 'completed' && this.now() - askedAtMs < AT_ONCE_MS;
        this.end(workflowId, isUnseen ? undefined : status);
      });
    }
  }

  /** @param status undefined if it is not known, or not known when */
  private end(workflowId: string, status: CloseStatus | undefined): void {
    const workflow = this.open.get(workflowId);
    if (!workflow) return;
    if (!workflow.onClosed) workflow.closed ??= status;
    else {
      this.open.delete(workflowId);
      workflow.onClosed(status);
    }
  }
}
