import { temporal } from '@temporalio/proto';
import { endingOf } from '../../../activities/observe/ending';
import { ENDING_CAUSES, endingFindings } from '../../../measurement/findings/endings';

const { WorkflowExecutionStatus: Status, WorkflowTaskFailedCause: Cause } = temporal.api.enums.v1;
type Event = temporal.api.history.v1.IHistoryEvent;

const ending = (
  status: number,
  events: Event[] = [],
  pendingActivities: temporal.api.workflow.v1.IPendingActivityInfo[] = [],
) => endingOf({ workflowExecutionInfo: { status }, pendingActivities }, events);
const running = Status.WORKFLOW_EXECUTION_STATUS_RUNNING;
const taskFailed = (cause: number, message = ''): Event => ({
  workflowTaskFailedEventAttributes: { cause, failure: { message } },
});

test.each<[string, string | undefined, string | undefined]>([
  [
    'terminated by the event limit',
    ending(Status.WORKFLOW_EXECUTION_STATUS_TERMINATED, [
      { workflowExecutionTerminatedEventAttributes: { reason: 'Workflow history count exceeds limit.' } },
    ]),
    'limit.historyCount.error',
  ],
  [
    'terminated by the size limit',
    ending(Status.WORKFLOW_EXECUTION_STATUS_TERMINATED, [
      { workflowExecutionTerminatedEventAttributes: { reason: 'Workflow history size exceeds limit.' } },
    ]),
    'limit.historySize.error',
  ],
  [
    'too many pending activities',
    ending(running, [
      taskFailed(
        Cause.WORKFLOW_TASK_FAILED_CAUSE_PENDING_ACTIVITIES_LIMIT_EXCEEDED,
        'the number of pending activities, 10',
      ),
    ]),
    'limit.numPendingActivities.error',
  ],
  [
    'an unknown workflow type',
    ending(running, [
      taskFailed(
        Cause.WORKFLOW_TASK_FAILED_CAUSE_WORKFLOW_WORKER_UNHANDLED_FAILURE,
        "Failed to initialize workflow of type 'ordr': no such function is exported by the workflow bundle",
      ),
    ]),
    '--external-type',
  ],
  [
    'a failing activity',
    ending(
      running,
      [],
      [{ activityType: { name: 'charge' }, lastFailure: { message: 'outer', cause: { message: 'no money' } } }],
    ),
    undefined,
  ],
])('%s is described and, if it has a setting, explained: %s', (_, described, knob) => {
  const [finding] = endingFindings({ [described!]: 3 }, 50);
  expect(finding!.knob).toBe(knob);
  expect(finding!.evidence).toBe(`3 of 50 sampled workflows (6 %) ${described}`);
});

test('a workflow that completed, or is open without a failure, needs no explanation', () => {
  expect(ending(Status.WORKFLOW_EXECUTION_STATUS_COMPLETED)).toBeUndefined();
  expect(ending(running)).toBeUndefined();
});

test('the last failure decides, by the message of its innermost cause, on one line', () => {
  const nested = { failure: { message: 'outer', cause: { message: 'the\ncause' } } };
  expect(
    ending(Status.WORKFLOW_EXECUTION_STATUS_FAILED, [
      taskFailed(1, 'earlier'),
      { workflowExecutionFailedEventAttributes: nested },
    ]),
  ).toBe('failed: the cause');
  expect(ending(running, [taskFailed(99_999, 'new')])).toBe(
    'are still open, their workflow task fails with CAUSE_99999: new',
  );
  expect(ending(99)).toBe('have the status 99');
  expect(ending(Status.WORKFLOW_EXECUTION_STATUS_PAUSED)).toBe('have the status PAUSED');
});

test('no cause matches the text of another one', () => {
  const samples = ['Workflow history count exceeds limit.', 'Workflow history size exceeds limit.'];
  for (const sample of samples) expect(ENDING_CAUSES.filter(({ matches }) => matches.test(sample))).toHaveLength(1);
});
