package main

import (
	"time"

	commandpb "go.temporal.io/api/command/v1"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	protocolpb "go.temporal.io/api/protocol/v1"
	"go.temporal.io/api/serviceerror"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/protobuf/types/known/durationpb"
)

// completion applies the commands of one completed workflow task.
type completion struct {
	f           *frontend
	x           *execution
	request     *workflowservice.RespondWorkflowTaskCompletedRequest
	response    *workflowservice.RespondWorkflowTaskCompletedResponse
	messages    map[string]*protocolpb.Message
	completedID int64
	afterwards  []func()
	// again asks for another workflow task although nothing was buffered.
	again bool
}

func (c *completion) closes() bool {
	for _, command := range c.request.Commands {
		switch command.CommandType {
		case enumspb.COMMAND_TYPE_COMPLETE_WORKFLOW_EXECUTION, enumspb.COMMAND_TYPE_FAIL_WORKFLOW_EXECUTION,
			enumspb.COMMAND_TYPE_CANCEL_WORKFLOW_EXECUTION, enumspb.COMMAND_TYPE_CONTINUE_AS_NEW_WORKFLOW_EXECUTION:
			return true
		}
	}
	return false
}

func (c *completion) apply(command *commandpb.Command) error {
	x := c.x
	add := func(event *historypb.HistoryEvent) int64 {
		event.UserMetadata = command.UserMetadata
		return x.append(event)
	}
	switch command.CommandType {
	case enumspb.COMMAND_TYPE_COMPLETE_WORKFLOW_EXECUTION:
		add(&historypb.HistoryEvent{
			EventType: enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED,
			Attributes: &historypb.HistoryEvent_WorkflowExecutionCompletedEventAttributes{WorkflowExecutionCompletedEventAttributes: &historypb.WorkflowExecutionCompletedEventAttributes{
				Result: command.GetCompleteWorkflowExecutionCommandAttributes().GetResult(), WorkflowTaskCompletedEventId: c.completedID,
			}},
		})
		x.close(enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED)
	case enumspb.COMMAND_TYPE_FAIL_WORKFLOW_EXECUTION:
		add(&historypb.HistoryEvent{
			EventType: enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED,
			Attributes: &historypb.HistoryEvent_WorkflowExecutionFailedEventAttributes{WorkflowExecutionFailedEventAttributes: &historypb.WorkflowExecutionFailedEventAttributes{
				Failure: command.GetFailWorkflowExecutionCommandAttributes().GetFailure(), WorkflowTaskCompletedEventId: c.completedID,
				RetryState: enumspb.RETRY_STATE_RETRY_POLICY_NOT_SET,
			}},
		})
		x.close(enumspb.WORKFLOW_EXECUTION_STATUS_FAILED)
	case enumspb.COMMAND_TYPE_CANCEL_WORKFLOW_EXECUTION:
		add(&historypb.HistoryEvent{
			EventType: enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED,
			Attributes: &historypb.HistoryEvent_WorkflowExecutionCanceledEventAttributes{WorkflowExecutionCanceledEventAttributes: &historypb.WorkflowExecutionCanceledEventAttributes{
				Details: command.GetCancelWorkflowExecutionCommandAttributes().GetDetails(), WorkflowTaskCompletedEventId: c.completedID,
			}},
		})
		x.close(enumspb.WORKFLOW_EXECUTION_STATUS_CANCELED)
	case enumspb.COMMAND_TYPE_CONTINUE_AS_NEW_WORKFLOW_EXECUTION:
		c.continueAsNew(command.GetContinueAsNewWorkflowExecutionCommandAttributes(), add)
	case enumspb.COMMAND_TYPE_SCHEDULE_ACTIVITY_TASK:
		c.scheduleActivity(command.GetScheduleActivityTaskCommandAttributes(), add)
	case enumspb.COMMAND_TYPE_REQUEST_CANCEL_ACTIVITY_TASK:
		c.cancelActivity(command.GetRequestCancelActivityTaskCommandAttributes().GetScheduledEventId(), add)
	case enumspb.COMMAND_TYPE_START_TIMER:
		c.startTimer(command.GetStartTimerCommandAttributes(), add)
	case enumspb.COMMAND_TYPE_CANCEL_TIMER:
		id := command.GetCancelTimerCommandAttributes().GetTimerId()
		startedID, pending := x.timers[id]
		if pending {
			delete(x.timers, id)
			add(&historypb.HistoryEvent{
				EventType: enumspb.EVENT_TYPE_TIMER_CANCELED,
				Attributes: &historypb.HistoryEvent_TimerCanceledEventAttributes{TimerCanceledEventAttributes: &historypb.TimerCanceledEventAttributes{
					TimerId: id, StartedEventId: startedID, WorkflowTaskCompletedEventId: c.completedID, Identity: c.request.Identity,
				}},
			})
		}
	case enumspb.COMMAND_TYPE_START_CHILD_WORKFLOW_EXECUTION:
		c.startChild(command.GetStartChildWorkflowExecutionCommandAttributes(), add)
	case enumspb.COMMAND_TYPE_RECORD_MARKER:
		attrs := command.GetRecordMarkerCommandAttributes()
		add(&historypb.HistoryEvent{
			EventType: enumspb.EVENT_TYPE_MARKER_RECORDED,
			Attributes: &historypb.HistoryEvent_MarkerRecordedEventAttributes{MarkerRecordedEventAttributes: &historypb.MarkerRecordedEventAttributes{
				MarkerName: attrs.GetMarkerName(), Details: attrs.GetDetails(), Header: attrs.GetHeader(), Failure: attrs.GetFailure(),
				WorkflowTaskCompletedEventId: c.completedID,
			}},
		})
	case enumspb.COMMAND_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES:
		add(&historypb.HistoryEvent{
			EventType: enumspb.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES,
			Attributes: &historypb.HistoryEvent_UpsertWorkflowSearchAttributesEventAttributes{UpsertWorkflowSearchAttributesEventAttributes: &historypb.UpsertWorkflowSearchAttributesEventAttributes{
				SearchAttributes:             command.GetUpsertWorkflowSearchAttributesCommandAttributes().GetSearchAttributes(),
				WorkflowTaskCompletedEventId: c.completedID,
			}},
		})
	case enumspb.COMMAND_TYPE_MODIFY_WORKFLOW_PROPERTIES:
		add(&historypb.HistoryEvent{
			EventType: enumspb.EVENT_TYPE_WORKFLOW_PROPERTIES_MODIFIED,
			Attributes: &historypb.HistoryEvent_WorkflowPropertiesModifiedEventAttributes{WorkflowPropertiesModifiedEventAttributes: &historypb.WorkflowPropertiesModifiedEventAttributes{
				UpsertedMemo: command.GetModifyWorkflowPropertiesCommandAttributes().GetUpsertedMemo(), WorkflowTaskCompletedEventId: c.completedID,
			}},
		})
	case enumspb.COMMAND_TYPE_PROTOCOL_MESSAGE:
		id := command.GetProtocolMessageCommandAttributes().GetMessageId()
		if message := c.messages[id]; message != nil {
			delete(c.messages, id)
			c.receiveMessage(message)
		}
	default:
		return serviceerror.NewUnimplementedf("memory-frontend does not execute %v", command.CommandType)
	}
	return nil
}

func (c *completion) scheduleActivity(attrs *commandpb.ScheduleActivityTaskCommandAttributes, add func(*historypb.HistoryEvent) int64) {
	x := c.x
	queue := attrs.TaskQueue
	if queue.GetName() == "" {
		queue = x.started.TaskQueue
	}
	scheduled := &historypb.ActivityTaskScheduledEventAttributes{
		ActivityId: attrs.ActivityId, ActivityType: attrs.ActivityType,
		TaskQueue: &taskqueuepb.TaskQueue{Name: queue.GetName(), Kind: enumspb.TASK_QUEUE_KIND_NORMAL},
		Header:    attrs.Header, Input: attrs.Input,
		ScheduleToCloseTimeout: attrs.ScheduleToCloseTimeout, ScheduleToStartTimeout: attrs.ScheduleToStartTimeout,
		StartToCloseTimeout: attrs.StartToCloseTimeout, HeartbeatTimeout: attrs.HeartbeatTimeout,
		WorkflowTaskCompletedEventId: c.completedID, RetryPolicy: attrs.RetryPolicy, UseWorkflowBuildId: attrs.UseWorkflowBuildId,
		Priority: attrs.Priority,
	}
	fillActivityDefaults(scheduled)
	id := add(&historypb.HistoryEvent{
		EventType:  enumspb.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED,
		Attributes: &historypb.HistoryEvent_ActivityTaskScheduledEventAttributes{ActivityTaskScheduledEventAttributes: scheduled},
	})
	a := &activity{scheduledID: id, attrs: scheduled, attempt: 1, scheduledAt: time.Now()}
	if x.activities == nil {
		x.activities = map[int64]*activity{}
	}
	x.activities[id] = a
	c.afterwards = append(c.afterwards, func() {
		if x.closed {
			return
		}
		if attrs.RequestEagerExecution {
			a.attemptAt = time.Now()
			c.response.ActivityTasks = append(c.response.ActivityTasks, c.f.startActivity(x, a, c.request.Identity))
			return
		}
		c.f.pushActivity(x, a)
	})
}

// cancelActivity cancels an activity that no worker has; one that runs learns it by its next heartbeat.
func (c *completion) cancelActivity(scheduledID int64, add func(*historypb.HistoryEvent) int64) {
	a := c.x.activities[scheduledID]
	requestedID := add(&historypb.HistoryEvent{
		EventType: enumspb.EVENT_TYPE_ACTIVITY_TASK_CANCEL_REQUESTED,
		Attributes: &historypb.HistoryEvent_ActivityTaskCancelRequestedEventAttributes{ActivityTaskCancelRequestedEventAttributes: &historypb.ActivityTaskCancelRequestedEventAttributes{
			ScheduledEventId: scheduledID, WorkflowTaskCompletedEventId: c.completedID,
		}},
	})
	if a == nil {
		return
	}
	a.cancelRequested = true
	if a.started {
		return
	}
	delete(c.x.activities, scheduledID)
	add(&historypb.HistoryEvent{
		EventType: enumspb.EVENT_TYPE_ACTIVITY_TASK_CANCELED,
		Attributes: &historypb.HistoryEvent_ActivityTaskCanceledEventAttributes{ActivityTaskCanceledEventAttributes: &historypb.ActivityTaskCanceledEventAttributes{
			ScheduledEventId: scheduledID, LatestCancelRequestedEventId: requestedID, Identity: c.request.Identity,
		}},
	})
	c.again = true
}

func (c *completion) startTimer(attrs *commandpb.StartTimerCommandAttributes, add func(*historypb.HistoryEvent) int64) {
	x, f := c.x, c.f
	id := add(&historypb.HistoryEvent{
		EventType: enumspb.EVENT_TYPE_TIMER_STARTED,
		Attributes: &historypb.HistoryEvent_TimerStartedEventAttributes{TimerStartedEventAttributes: &historypb.TimerStartedEventAttributes{
			TimerId: attrs.TimerId, StartToFireTimeout: attrs.StartToFireTimeout, WorkflowTaskCompletedEventId: c.completedID,
		}},
	})
	if x.timers == nil {
		x.timers = map[string]int64{}
	}
	x.timers[attrs.TimerId] = id
	ns, index := x.ns, x.index
	time.AfterFunc(attrs.StartToFireTimeout.AsDuration(), func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		x := ns.live[index]
		if x == nil || x.closed || x.timers[attrs.TimerId] != id {
			return
		}
		delete(x.timers, attrs.TimerId)
		x.receive(func() {
			x.append(&historypb.HistoryEvent{
				EventType: enumspb.EVENT_TYPE_TIMER_FIRED,
				Attributes: &historypb.HistoryEvent_TimerFiredEventAttributes{TimerFiredEventAttributes: &historypb.TimerFiredEventAttributes{
					TimerId: attrs.TimerId, StartedEventId: id,
				}},
			})
		})
	})
}

func (c *completion) startChild(attrs *commandpb.StartChildWorkflowExecutionCommandAttributes, add func(*historypb.HistoryEvent) int64) {
	x := c.x
	queue := attrs.TaskQueue
	if queue.GetName() == "" {
		queue = x.started.TaskQueue
	}
	policy := attrs.ParentClosePolicy
	if policy == enumspb.PARENT_CLOSE_POLICY_UNSPECIFIED {
		policy = enumspb.PARENT_CLOSE_POLICY_TERMINATE
	}
	initiated := &historypb.StartChildWorkflowExecutionInitiatedEventAttributes{
		Namespace: x.ns.name, NamespaceId: x.ns.id, WorkflowId: attrs.WorkflowId, WorkflowType: attrs.WorkflowType,
		TaskQueue: &taskqueuepb.TaskQueue{Name: queue.GetName(), Kind: enumspb.TASK_QUEUE_KIND_NORMAL}, Input: attrs.Input,
		WorkflowExecutionTimeout: attrs.WorkflowExecutionTimeout, WorkflowRunTimeout: attrs.WorkflowRunTimeout,
		WorkflowTaskTimeout: attrs.WorkflowTaskTimeout, ParentClosePolicy: policy, WorkflowTaskCompletedEventId: c.completedID,
		WorkflowIdReusePolicy: attrs.WorkflowIdReusePolicy, RetryPolicy: attrs.RetryPolicy, CronSchedule: attrs.CronSchedule,
		Header: attrs.Header, Memo: attrs.Memo, SearchAttributes: attrs.SearchAttributes, Priority: attrs.Priority,
	}
	if initiated.WorkflowTaskTimeout.AsDuration() <= 0 {
		initiated.WorkflowTaskTimeout = durationpb.New(c.f.settings.taskTimeout)
	}
	id := add(&historypb.HistoryEvent{
		EventType:  enumspb.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED,
		Attributes: &historypb.HistoryEvent_StartChildWorkflowExecutionInitiatedEventAttributes{StartChildWorkflowExecutionInitiatedEventAttributes: initiated},
	})
	if x.children == nil {
		x.children = map[int64]*child{}
	}
	x.children[id] = &child{attrs: initiated, index: -1}
	c.afterwards = append(c.afterwards, func() {
		if !x.closed {
			c.f.startChild(x, id, initiated)
		}
	})
}

func (c *completion) continueAsNew(attrs *commandpb.ContinueAsNewWorkflowExecutionCommandAttributes, add func(*historypb.HistoryEvent) int64) {
	x := c.x
	either := func(a, b *durationpb.Duration) *durationpb.Duration {
		if a.AsDuration() > 0 {
			return a
		}
		if b != nil {
			return b
		}
		return &durationpb.Duration{}
	}
	started := &historypb.WorkflowExecutionStartedEventAttributes{
		WorkflowType: attrs.WorkflowType, TaskQueue: attrs.TaskQueue, Input: attrs.Input, Header: attrs.Header,
		WorkflowExecutionTimeout: x.started.WorkflowExecutionTimeout,
		WorkflowRunTimeout:       either(attrs.WorkflowRunTimeout, x.started.WorkflowRunTimeout),
		WorkflowTaskTimeout:      either(attrs.WorkflowTaskTimeout, x.started.WorkflowTaskTimeout),
		Memo:                     attrs.Memo, SearchAttributes: attrs.SearchAttributes, RetryPolicy: attrs.RetryPolicy,
		ContinuedExecutionRunId: x.runID, FirstExecutionRunId: x.started.FirstExecutionRunId,
		Initiator: enumspb.CONTINUE_AS_NEW_INITIATOR_WORKFLOW, Identity: x.started.Identity,
		ParentWorkflowNamespace: x.started.ParentWorkflowNamespace, ParentWorkflowNamespaceId: x.started.ParentWorkflowNamespaceId,
		ParentWorkflowExecution: x.started.ParentWorkflowExecution, ParentInitiatedEventId: x.started.ParentInitiatedEventId,
		RootWorkflowExecution: x.started.RootWorkflowExecution,
	}
	if started.WorkflowType.GetName() == "" {
		started.WorkflowType = x.started.WorkflowType
	}
	if started.TaskQueue.GetName() == "" {
		started.TaskQueue = x.started.TaskQueue
	}
	backoff := max(0, c.f.settings.reuseInterval-time.Since(x.at), attrs.BackoffStartInterval.AsDuration())
	started.FirstWorkflowTaskBackoff = durationpb.New(backoff)
	event := &historypb.WorkflowExecutionContinuedAsNewEventAttributes{
		WorkflowType: started.WorkflowType, TaskQueue: started.TaskQueue, Input: attrs.Input,
		WorkflowRunTimeout: started.WorkflowRunTimeout, WorkflowTaskTimeout: started.WorkflowTaskTimeout,
		WorkflowTaskCompletedEventId: c.completedID, BackoffStartInterval: started.FirstWorkflowTaskBackoff,
		Initiator: started.Initiator, Header: attrs.Header, Memo: attrs.Memo, SearchAttributes: attrs.SearchAttributes,
	}
	next := c.f.create(x.ns, x.id, newUUID(), started, nil, x.parent)
	event.NewExecutionRunId = next.runID
	add(&historypb.HistoryEvent{
		EventType:  enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW,
		Attributes: &historypb.HistoryEvent_WorkflowExecutionContinuedAsNewEventAttributes{WorkflowExecutionContinuedAsNewEventAttributes: event},
	})
	x.close(enumspb.WORKFLOW_EXECUTION_STATUS_CONTINUED_AS_NEW)
	if x.parent != nil {
		if parent := x.parent.ns.live[x.parent.index]; parent != nil && parent.children[x.parent.initiatedID] != nil {
			parent.children[x.parent.initiatedID].index = next.index
		}
	}
	c.f.beginAfter(next, backoff)
}

// beginAfter schedules the first workflow task of an execution once the delay is over.
func (f *frontend) beginAfter(x *execution, delay time.Duration) {
	if delay <= 0 {
		x.needTask()
		return
	}
	time.AfterFunc(delay, func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		x.transitions++
		x.needTask()
	})
}
