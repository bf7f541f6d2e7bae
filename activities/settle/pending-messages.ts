import type { Connection } from '@temporalio/client';
import { kindAt } from '../../load-workflows/kinds';
import type { CountedStep, ReconcileInput } from '../../orchestrator/activity-types';
import { placeInStep, stepIdPrefix } from '../../orchestrator/names';
import { resendMessages } from '../generate-load/send-messages';
import { listIds } from '../../temporal/target-counts';
import { TimedCalls } from '../../temporal/timed-calls';
import type { Pace } from './pace';

/** Conversations held at once. */
const AT_ONCE = 20;

/**
 * Workflows that still wait for messages: a generator sends them once the start is confirmed, so one that died, or never
 * heard of its start, has left them unspoken. Each is told the whole; the server takes no message twice.
 */
export class PendingMessages {
  private readonly sent = new Set<string>();

  constructor(
    private readonly connection: Connection,
    private readonly input: Pick<ReconcileInput, 'run' | 'kinds'>,
    private readonly pace: Pace,
  ) {}

  /**
   * Speaks to every open workflow of a step that waits for messages and has not been spoken to here.
   *
   * @param untilMs when the time for it is over: milliseconds since the epoch
   */
  async sendAll({ name, attempt }: Pick<CountedStep, 'name' | 'attempt'>, untilMs: number): Promise<void> {
    const { run, kinds } = this.input;
    if (kinds.every(({ messages }) => messages === undefined)) return;
    const prefix = stepIdPrefix({ runId: run.runId, step: name, attempt });
    const isOpen = "ExecutionStatus = 'Running'";
    const { ids } = await listIds(this.connection, run.namespace, prefix, 1, () => this.pace.next(), isOpen);
    const left = [...ids].filter((id) => !this.sent.has(id));
    for (let i = 0; i < left.length && Date.now() < untilMs; i += AT_ONCE) {
      await Promise.all(left.slice(i, i + AT_ONCE).map((id) => this.send(id, prefix)));
    }
  }

  private async send(workflowId: string, prefix: string): Promise<void> {
    const { run, kinds } = this.input;
    const place = placeInStep(workflowId, prefix);
    const messages = place && kinds[kindAt(kinds, place.lane, place.sequence)]!.messages;
    if (!messages) return;
    const about = { namespace: run.namespace, identity: `benchmark ${run.runId}`, messages };
    try {
      await resendMessages(new TimedCalls(this.connection), about, workflowId);
      this.sent.add(workflowId);
    } catch {
      // It stays open, is counted as open, and is spoken to again as long as there is time.
    }
  }
}
