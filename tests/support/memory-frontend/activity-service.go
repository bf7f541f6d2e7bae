package main

import (
	"context"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
)

func (f *frontend) PollActivityTaskQueue(ctx context.Context, r *workflowservice.PollActivityTaskQueueRequest) (*workflowservice.PollActivityTaskQueueResponse, error) {
	response := &workflowservice.PollActivityTaskQueueResponse{}
	_, err := f.longPoll(ctx, r.Namespace, r.TaskQueue.GetName(), r.Identity, true, func(t task, waited time.Duration) bool {
		x := t.ns.live[t.index]
		if x == nil || x.closed {
			return false
		}
		a := x.activities[t.id]
		if a == nil || a.started || a.attempt != t.attempt {
			return false
		}
		x.transitions++
		response = f.startActivity(x, a, r.Identity)
		response.PollerScalingDecision = t.ns.queues[queueKey{r.TaskQueue.Name, true}].scaling(waited)
		return true
	})
	return response, err
}

func (f *frontend) runningActivity(encoded []byte) (*execution, *activity, error) {
	t, err := decodeToken(encoded, 'a')
	if err != nil {
		return nil, nil, err
	}
	x := f.executionOf(t)
	if x == nil {
		return nil, nil, serviceerror.NewNotFound("workflow execution already completed")
	}
	a := x.activities[t.id]
	if a == nil || !a.started || a.attempt != t.attempt {
		return nil, nil, serviceerror.NewNotFound("invalid activityID or activity already timed out or invoking workflow is completed")
	}
	return x, a, nil
}

func (f *frontend) RecordActivityTaskHeartbeat(_ context.Context, r *workflowservice.RecordActivityTaskHeartbeatRequest) (*workflowservice.RecordActivityTaskHeartbeatResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	x, a, err := f.runningActivity(r.TaskToken)
	if err != nil {
		return nil, err
	}
	x.transitions++
	a.heartbeatAt, a.details = time.Now(), r.Details
	return &workflowservice.RecordActivityTaskHeartbeatResponse{CancelRequested: a.cancelRequested}, nil
}

func (f *frontend) RespondActivityTaskCompleted(_ context.Context, r *workflowservice.RespondActivityTaskCompletedRequest) (*workflowservice.RespondActivityTaskCompletedResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	x, a, err := f.runningActivity(r.TaskToken)
	if err != nil {
		return nil, err
	}
	x.closeActivity(a, func(startedID int64) *historypb.HistoryEvent {
		return &historypb.HistoryEvent{
			EventType: enumspb.EVENT_TYPE_ACTIVITY_TASK_COMPLETED,
			Attributes: &historypb.HistoryEvent_ActivityTaskCompletedEventAttributes{ActivityTaskCompletedEventAttributes: &historypb.ActivityTaskCompletedEventAttributes{
				Result: r.Result, ScheduledEventId: a.scheduledID, StartedEventId: startedID, Identity: r.Identity, WorkerVersion: r.WorkerVersion,
			}},
		}
	})
	return &workflowservice.RespondActivityTaskCompletedResponse{}, nil
}

func (f *frontend) RespondActivityTaskFailed(_ context.Context, r *workflowservice.RespondActivityTaskFailedRequest) (*workflowservice.RespondActivityTaskFailedResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	x, a, err := f.runningActivity(r.TaskToken)
	if err != nil {
		return nil, err
	}
	if r.LastHeartbeatDetails != nil {
		a.details = r.LastHeartbeatDetails
	}
	f.failActivity(x, a, r.Failure, func(startedID int64, state enumspb.RetryState) *historypb.HistoryEvent {
		return &historypb.HistoryEvent{
			EventType: enumspb.EVENT_TYPE_ACTIVITY_TASK_FAILED,
			Attributes: &historypb.HistoryEvent_ActivityTaskFailedEventAttributes{ActivityTaskFailedEventAttributes: &historypb.ActivityTaskFailedEventAttributes{
				Failure: r.Failure, ScheduledEventId: a.scheduledID, StartedEventId: startedID, Identity: r.Identity, RetryState: state,
			}},
		}
	})
	return &workflowservice.RespondActivityTaskFailedResponse{}, nil
}

func (f *frontend) RespondActivityTaskCanceled(_ context.Context, r *workflowservice.RespondActivityTaskCanceledRequest) (*workflowservice.RespondActivityTaskCanceledResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	x, a, err := f.runningActivity(r.TaskToken)
	if err != nil {
		return nil, err
	}
	x.closeActivity(a, func(startedID int64) *historypb.HistoryEvent {
		return &historypb.HistoryEvent{
			EventType: enumspb.EVENT_TYPE_ACTIVITY_TASK_CANCELED,
			Attributes: &historypb.HistoryEvent_ActivityTaskCanceledEventAttributes{ActivityTaskCanceledEventAttributes: &historypb.ActivityTaskCanceledEventAttributes{
				Details: r.Details, ScheduledEventId: a.scheduledID, StartedEventId: startedID, Identity: r.Identity,
			}},
		}
	})
	return &workflowservice.RespondActivityTaskCanceledResponse{}, nil
}
