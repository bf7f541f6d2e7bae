package main

import (
	"context"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	querypb "go.temporal.io/api/query/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
)

func (f *frontend) PollWorkflowTaskQueue(ctx context.Context, r *workflowservice.PollWorkflowTaskQueueRequest) (*workflowservice.PollWorkflowTaskQueueResponse, error) {
	response := &workflowservice.PollWorkflowTaskQueueResponse{}
	sticky := r.TaskQueue.GetKind() == enumspb.TASK_QUEUE_KIND_STICKY
	_, err := f.longPoll(ctx, r.Namespace, r.TaskQueue.GetName(), r.Identity, false, func(t task, waited time.Duration) bool {
		if t.query != nil {
			response = f.queryTask(t, sticky)
			return response != nil
		}
		x := t.ns.live[t.index]
		if x == nil || x.closed || x.task == nil || x.task.stamp != t.id || x.task.started {
			return false
		}
		x.startTask(r.Identity)
		response = x.taskResponse(sticky)
		queue := t.ns.queues[queueKey{r.TaskQueue.Name, false}]
		response.BacklogCountHint = int64(queue.backlog())
		response.PollerScalingDecision = queue.scaling(waited)
		return true
	})
	if response == nil {
		response = &workflowservice.PollWorkflowTaskQueueResponse{}
	}
	return response, err
}

// taskResponse is what a worker gets of the workflow task that has been started: the whole history, or what is new to a
// worker that has the rest in its cache.
func (x *execution) taskResponse(sticky bool) *workflowservice.PollWorkflowTaskQueueResponse {
	wt := x.task
	events := x.events
	if wt.deferred {
		scheduled, started := x.scheduledEvent(), x.startedEvent()
		scheduled.EventId, started.EventId = wt.scheduledID, wt.startedID
		events = append(events[:len(events):len(events)], scheduled, started)
	}
	if sticky {
		events = events[x.previousStarted:]
	}
	response := &workflowservice.PollWorkflowTaskQueueResponse{
		TaskToken:                  token{'w', x.ns.number, x.index, wt.stamp, wt.attempt}.encode(),
		WorkflowExecution:          x.reference(),
		WorkflowType:               x.started.WorkflowType,
		PreviousStartedEventId:     x.previousStarted,
		StartedEventId:             wt.startedID,
		Attempt:                    wt.attempt,
		History:                    &historypb.History{Events: events},
		WorkflowExecutionTaskQueue: x.started.TaskQueue,
		ScheduledTime:              timestamp(wt.scheduledAt),
		StartedTime:                timestamp(wt.startedAt),
		Messages:                   x.updateMessages(),
	}
	if len(x.queries) > 0 {
		response.Queries = map[string]*querypb.WorkflowQuery{}
		for _, q := range x.queries {
			q.attached = true
			response.Queries[q.key] = q.query
		}
	}
	return response
}

func (f *frontend) runningTask(encoded []byte) (*execution, error) {
	t, err := decodeToken(encoded, 'w')
	if err != nil {
		return nil, err
	}
	x := f.executionOf(t)
	if x == nil {
		return nil, serviceerror.NewNotFound("workflow execution already completed")
	}
	if x.task == nil || x.task.stamp != t.id || !x.task.started {
		return nil, serviceerror.NewNotFound("Workflow task not found.")
	}
	return x, nil
}

func (f *frontend) RespondWorkflowTaskFailed(_ context.Context, r *workflowservice.RespondWorkflowTaskFailedRequest) (*workflowservice.RespondWorkflowTaskFailedResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	x, err := f.runningTask(r.TaskToken)
	if err != nil {
		return nil, err
	}
	f.failTask(x, r.Cause, r.Failure, r.Identity)
	return &workflowservice.RespondWorkflowTaskFailedResponse{}, nil
}

func (f *frontend) RespondWorkflowTaskCompleted(_ context.Context, r *workflowservice.RespondWorkflowTaskCompletedRequest) (*workflowservice.RespondWorkflowTaskCompletedResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	x, err := f.runningTask(r.TaskToken)
	if err != nil {
		return nil, err
	}
	response := &workflowservice.RespondWorkflowTaskCompletedResponse{}
	x.transitions++
	c := &completion{f: f, x: x, request: r, response: response, messages: messagesByID(r.Messages)}
	if c.closes() && len(x.buffered) > 0 {
		f.failTask(x, enumspb.WORKFLOW_TASK_FAILED_CAUSE_UNHANDLED_COMMAND, nil, r.Identity)
		return nil, serviceerror.NewInvalidArgument("UnhandledCommand")
	}
	if x.task.deferred && x.task.attempt == 1 && len(r.Commands) == 0 && x.onlyRejections(r.Messages) && len(x.buffered) == 0 {
		// A workflow task that only rejected updates leaves nothing in the history.
		response.ResetHistoryEventId = x.previousStarted
		x.task = nil
		c.messagesWithoutCommand()
		c.answerQueries()
		c.nextTask()
		return response, nil
	}
	x.writeDeferred()
	wt := x.task
	c.completedID = x.append(&historypb.HistoryEvent{
		EventType: enumspb.EVENT_TYPE_WORKFLOW_TASK_COMPLETED,
		Attributes: &historypb.HistoryEvent_WorkflowTaskCompletedEventAttributes{WorkflowTaskCompletedEventAttributes: &historypb.WorkflowTaskCompletedEventAttributes{
			ScheduledEventId: wt.scheduledID, StartedEventId: wt.startedID, Identity: r.Identity, BinaryChecksum: r.BinaryChecksum,
			WorkerVersion: r.WorkerVersionStamp, SdkMetadata: r.SdkMetadata, MeteringMetadata: r.MeteringMetadata,
		}},
	})
	x.previousStarted, x.task = wt.startedID, nil
	if sticky := r.StickyAttributes; sticky != nil {
		x.sticky, x.stickyTimeout = sticky.WorkerTaskQueue.GetName(), sticky.ScheduleToStartTimeout.AsDuration()
	} else {
		x.sticky = ""
	}
	c.answerQueries()
	for _, command := range r.Commands {
		if x.closed {
			break
		}
		if err := c.apply(command); err != nil {
			return nil, err
		}
	}
	if !x.closed {
		c.messagesWithoutCommand()
		x.rejectUnanswered()
	}
	for _, start := range c.afterwards {
		start()
	}
	if !x.closed {
		c.nextTask()
	}
	return response, nil
}

// nextTask schedules another workflow task if something happened meanwhile, and returns it at once to a worker that
// wants it so.
func (c *completion) nextTask() {
	x := c.x
	needed := x.flush() || c.request.ForceCreateNewWorkflowTask || c.again
	switch {
	case x.closed || x.task != nil:
		// A child that has started made one already.
		return
	case needed:
		x.newTask(1, false)
	case len(x.waiting) > 0:
		x.newTask(1, true)
	default:
		for _, q := range x.queries {
			c.f.dispatchQuery(x, q)
		}
		x.queries = nil
		return
	}
	if !c.request.ReturnNewWorkflowTask {
		c.f.enqueueTask(x)
		return
	}
	x.startTask(c.request.Identity)
	c.response.WorkflowTask = x.taskResponse(x.sticky != "")
}
