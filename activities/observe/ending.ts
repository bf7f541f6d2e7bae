import { temporal } from '@temporalio/proto';
import { shorten } from '../../temporal/grpc-errors';

type Event = temporal.api.history.v1.IHistoryEvent;
type Failure = temporal.api.failure.v1.IFailure;
type Description = Pick<
  temporal.api.workflowservice.v1.IDescribeWorkflowExecutionResponse,
  'workflowExecutionInfo' | 'pendingActivities'
>;

const { WorkflowExecutionStatus: Status, WorkflowTaskFailedCause } = temporal.api.enums.v1;

/**
 * Describes how a workflow ended, or what keeps it open, as a predicate such as `were terminated: <reason>`. Returns
 * undefined if it completed or continued as new, and if it is open without any failure.
 *
 * @param events the events of its history; the last ones decide
 */
export function endingOf(description: Description, events: readonly Event[]): string | undefined {
  const status = description.workflowExecutionInfo?.status;
  if (status === Status.WORKFLOW_EXECUTION_STATUS_COMPLETED) return undefined;
  if (status === Status.WORKFLOW_EXECUTION_STATUS_CONTINUED_AS_NEW) return undefined;
  if (status === Status.WORKFLOW_EXECUTION_STATUS_RUNNING) return whyOpen(events, description.pendingActivities ?? []);
  if (status === Status.WORKFLOW_EXECUTION_STATUS_TERMINATED)
    return describe('were terminated', lastOf(events, 'workflowExecutionTerminatedEventAttributes')?.reason);
  if (status === Status.WORKFLOW_EXECUTION_STATUS_FAILED)
    return describe('failed', messageOf(lastOf(events, 'workflowExecutionFailedEventAttributes')?.failure));
  if (status === Status.WORKFLOW_EXECUTION_STATUS_TIMED_OUT) return 'timed out';
  if (status === Status.WORKFLOW_EXECUTION_STATUS_CANCELED) return 'were canceled';
  return `have the status ${Status[status ?? 0]?.replace('WORKFLOW_EXECUTION_STATUS_', '') ?? status}`;
}

function whyOpen(events: readonly Event[], pending: readonly temporal.api.workflow.v1.IPendingActivityInfo[]) {
  const task = lastOf(events, 'workflowTaskFailedEventAttributes');
  if (task) {
    const cause = WorkflowTaskFailedCause[task.cause ?? 0] ?? `CAUSE_${task.cause}`;
    const short = cause.replace(/^WORKFLOW_TASK_FAILED_CAUSE_/, '');
    return describe(`are still open, their workflow task fails with ${short}`, messageOf(task.failure));
  }
  const failing = pending.find(({ lastFailure }) => lastFailure);
  if (!failing) return undefined;
  return describe(`are still open, their activity ${failing.activityType?.name} fails`, messageOf(failing.lastFailure));
}

function lastOf<Name extends keyof Event>(events: readonly Event[], name: Name): Event[Name] {
  return events.findLast((event) => event[name])?.[name];
}

/** Returns the message of the innermost cause, which is the most precise one. */
function messageOf(failure: Failure | null | undefined): string | undefined {
  let innermost = failure;
  while (innermost?.cause) innermost = innermost.cause;
  return innermost?.message ?? undefined;
}

function describe(what: string, why: string | null | undefined): string {
  return why ? `${what}: ${shorten(why)}` : what;
}
