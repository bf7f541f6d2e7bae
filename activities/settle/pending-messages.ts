import type { Connection } from '@temporalio/client';
import pMap from 'p-map';
import { kindAt } from '../../load-workflows/kinds';
import type { CountedStep, ReconcileInput } from '../../orchestrator/activity-types';
import { placeInStep, stepIdPrefix } from '../../orchestrator/names';
import { clientMessages, resendMessages } from '../generate-load/send-messages';
import { listIds } from '../../temporal/target-counts';
import { TimedCalls } from '../../temporal/timed-calls';
import type { RateLimiter } from './rate-limiter';

/** Workflows that get their messages at the same time. */
const MAX_CONCURRENT = 20;

/**
 * Sends messages to workflows that still wait for them. A generator sends messages after the start is confirmed. If the
 * generator dies first, or gets no answer to the start, the messages stay unsent. Each workflow gets all of its messages
 * again; the server drops duplicates.
 */
export class PendingMessages {
  private readonly sent = new Set<string>();

  constructor(
    private readonly connection: Connection,
    private readonly input: Pick<ReconcileInput, 'run' | 'kinds'>,
    private readonly limiter: RateLimiter,
  ) {}

  /**
   * Sends the messages of every open workflow of a step to which this object has not yet sent them.
   *
   * @param untilMs no workflow is contacted after this time: milliseconds of `performance.now()`
   */
  async sendAll({ name, attempt }: Pick<CountedStep, 'name' | 'attempt'>, untilMs: number): Promise<void> {
    const { run, kinds } = this.input;
    if (kinds.every(({ messages }) => messages === undefined)) return;
    const prefix = stepIdPrefix({ runId: run.runId, step: name, attempt });
    const isOpen = "ExecutionStatus = 'Running'";
    const { ids } = await listIds(this.connection, run.namespace, prefix, 1, () => this.limiter.next(), isOpen);
    const remaining = [...ids].filter((id) => !this.sent.has(id));
    const sendInTime = async (id: string) => (performance.now() < untilMs ? await this.send(id, prefix) : undefined);
    await pMap(remaining, sendInTime, { concurrency: MAX_CONCURRENT });
  }

  private async send(workflowId: string, prefix: string): Promise<void> {
    const { run, kinds } = this.input;
    const place = placeInStep(workflowId, prefix);
    const messages = place && kinds[kindAt(kinds, place.lane, place.sequence)]!.messages;
    if (!messages) return;
    const sender = { namespace: run.namespace, identity: `benchmark ${run.runId}` };
    try {
      await resendMessages(clientMessages(new TimedCalls(this.connection), sender), messages, workflowId);
      this.sent.add(workflowId);
    } catch {
      // The workflow stays open and is counted as open. The next call of sendAll tries again.
    }
  }
}
