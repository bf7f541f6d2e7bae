package main

import (
	"math"
	"slices"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	failurepb "go.temporal.io/api/failure/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/protobuf/types/known/durationpb"
)

// activity is a pending activity. Its ActivityTaskStarted event is written when it closes, as the real server does for
// activities that may be retried.
type activity struct {
	scheduledID     int64
	attrs           *historypb.ActivityTaskScheduledEventAttributes
	attempt         int32
	started         bool
	identity        string
	requestID       string
	scheduledAt     time.Time
	attemptAt       time.Time
	startedAt       time.Time
	heartbeatAt     time.Time
	details         *commonpb.Payloads
	lastFailure     *failurepb.Failure
	cancelRequested bool
}

// fillActivityDefaults sets what the real server sets where the worker gave nothing.
func fillActivityDefaults(attrs *historypb.ActivityTaskScheduledEventAttributes) {
	policy := attrs.RetryPolicy
	if policy == nil {
		policy = &commonpb.RetryPolicy{}
		attrs.RetryPolicy = policy
	}
	if policy.InitialInterval.AsDuration() <= 0 {
		policy.InitialInterval = durationpb.New(time.Second)
	}
	if policy.BackoffCoefficient == 0 {
		policy.BackoffCoefficient = 2
	}
	if policy.MaximumInterval.AsDuration() <= 0 {
		policy.MaximumInterval = durationpb.New(100 * policy.InitialInterval.AsDuration())
	}
	whole := attrs.ScheduleToCloseTimeout.AsDuration()
	for _, timeout := range []**durationpb.Duration{&attrs.ScheduleToStartTimeout, &attrs.StartToCloseTimeout} {
		if (*timeout).AsDuration() <= 0 {
			*timeout = durationpb.New(whole)
		}
	}
	for _, timeout := range []**durationpb.Duration{&attrs.ScheduleToCloseTimeout, &attrs.HeartbeatTimeout} {
		if *timeout == nil {
			*timeout = durationpb.New(0)
		}
	}
}

func (f *frontend) pushActivity(x *execution, a *activity) {
	a.attemptAt = time.Now()
	x.ns.queue(a.attrs.TaskQueue.Name, true).push(task{ns: x.ns, index: x.index, id: a.scheduledID, attempt: a.attempt})
}

// startActivity gives an activity task to a worker.
func (f *frontend) startActivity(x *execution, a *activity, identity string) *workflowservice.PollActivityTaskQueueResponse {
	a.started, a.startedAt, a.identity, a.requestID = true, time.Now(), identity, newUUID()
	a.heartbeatAt = a.startedAt
	f.armActivityTimeouts(x, a)
	return &workflowservice.PollActivityTaskQueueResponse{
		TaskToken:                   token{'a', x.ns.number, x.index, a.scheduledID, a.attempt}.encode(),
		WorkflowNamespace:           x.ns.name,
		WorkflowType:                x.started.WorkflowType,
		WorkflowExecution:           x.reference(),
		ActivityType:                a.attrs.ActivityType,
		ActivityId:                  a.attrs.ActivityId,
		Header:                      a.attrs.Header,
		Input:                       a.attrs.Input,
		HeartbeatDetails:            a.details,
		ScheduledTime:               timestamp(a.scheduledAt),
		CurrentAttemptScheduledTime: timestamp(a.attemptAt),
		StartedTime:                 timestamp(a.startedAt),
		Attempt:                     a.attempt,
		ScheduleToCloseTimeout:      a.attrs.ScheduleToCloseTimeout,
		StartToCloseTimeout:         a.attrs.StartToCloseTimeout,
		HeartbeatTimeout:            a.attrs.HeartbeatTimeout,
		RetryPolicy:                 a.attrs.RetryPolicy,
	}
}

// closeActivity ends a pending activity with the event that end makes, given the ID of its started event.
func (x *execution) closeActivity(a *activity, end func(startedID int64) *historypb.HistoryEvent) {
	delete(x.activities, a.scheduledID)
	x.receive(func() {
		startedID := x.append(&historypb.HistoryEvent{
			EventType: enumspb.EVENT_TYPE_ACTIVITY_TASK_STARTED,
			EventTime: timestamp(a.startedAt),
			Attributes: &historypb.HistoryEvent_ActivityTaskStartedEventAttributes{ActivityTaskStartedEventAttributes: &historypb.ActivityTaskStartedEventAttributes{
				ScheduledEventId: a.scheduledID, Identity: a.identity, RequestId: a.requestID, Attempt: a.attempt, LastFailure: a.lastFailure,
			}},
		})
		x.append(end(startedID))
	})
}

// failActivity retries an activity by its policy or ends it with the event that end makes.
func (f *frontend) failActivity(x *execution, a *activity, failure *failurepb.Failure, end func(startedID int64, state enumspb.RetryState) *historypb.HistoryEvent) {
	delay, state := retryDelay(a, failure)
	if state != enumspb.RETRY_STATE_IN_PROGRESS {
		x.closeActivity(a, func(startedID int64) *historypb.HistoryEvent { return end(startedID, state) })
		return
	}
	x.transitions++
	a.started, a.lastFailure = false, failure
	a.attempt++
	ns, index, scheduledID, attempt := x.ns, x.index, a.scheduledID, a.attempt
	time.AfterFunc(delay, func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		if x := ns.live[index]; x != nil && !x.closed && x.activities[scheduledID] == a && a.attempt == attempt && !a.started {
			f.pushActivity(x, a)
		}
	})
}

// retryDelay returns the time until the next attempt, or why there is none.
func retryDelay(a *activity, failure *failurepb.Failure) (time.Duration, enumspb.RetryState) {
	policy := a.attrs.RetryPolicy
	info := failure.GetApplicationFailureInfo()
	if info.GetNonRetryable() || info != nil && slices.Contains(policy.NonRetryableErrorTypes, info.Type) {
		return 0, enumspb.RETRY_STATE_NON_RETRYABLE_FAILURE
	}
	if policy.MaximumAttempts > 0 && a.attempt >= policy.MaximumAttempts {
		return 0, enumspb.RETRY_STATE_MAXIMUM_ATTEMPTS_REACHED
	}
	delay := policy.InitialInterval.AsDuration().Seconds() * math.Pow(policy.BackoffCoefficient, float64(a.attempt-1))
	delay = min(delay, policy.MaximumInterval.AsDuration().Seconds())
	if next := info.GetNextRetryDelay(); next != nil {
		delay = next.AsDuration().Seconds()
	}
	wait := time.Duration(delay * float64(time.Second))
	if whole := a.attrs.ScheduleToCloseTimeout.AsDuration(); whole > 0 && time.Since(a.scheduledAt)+wait > whole {
		return 0, enumspb.RETRY_STATE_TIMEOUT
	}
	return wait, enumspb.RETRY_STATE_IN_PROGRESS
}

func (f *frontend) armActivityTimeouts(x *execution, a *activity) {
	ns, index, scheduledID, attempt := x.ns, x.index, a.scheduledID, a.attempt
	pending := func() (*execution, *activity) {
		x := ns.live[index]
		if x == nil || x.closed {
			return nil, nil
		}
		if a := x.activities[scheduledID]; a != nil && a.attempt == attempt && a.started {
			return x, a
		}
		return nil, nil
	}
	if limit := a.attrs.StartToCloseTimeout.AsDuration(); limit > 0 {
		f.timeouts.after(limit, func() {
			if x, a := pending(); a != nil {
				f.timeOutActivity(x, a, enumspb.TIMEOUT_TYPE_START_TO_CLOSE)
			}
		})
	}
	limit := a.attrs.HeartbeatTimeout.AsDuration()
	if limit <= 0 {
		return
	}
	var check func()
	check = func() {
		x, a := pending()
		if a == nil {
			return
		}
		if silent := time.Since(a.heartbeatAt); silent < limit {
			f.timeouts.after(limit-silent, check)
			return
		}
		f.timeOutActivity(x, a, enumspb.TIMEOUT_TYPE_HEARTBEAT)
	}
	f.timeouts.after(limit, check)
}

func (f *frontend) timeOutActivity(x *execution, a *activity, kind enumspb.TimeoutType) {
	failure := &failurepb.Failure{
		Message: "activity " + kind.String() + " timeout",
		Source:  "Server",
		FailureInfo: &failurepb.Failure_TimeoutFailureInfo{TimeoutFailureInfo: &failurepb.TimeoutFailureInfo{
			TimeoutType: kind, LastHeartbeatDetails: a.details,
		}},
	}
	f.failActivity(x, a, failure, func(startedID int64, state enumspb.RetryState) *historypb.HistoryEvent {
		return &historypb.HistoryEvent{
			EventType: enumspb.EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT,
			Attributes: &historypb.HistoryEvent_ActivityTaskTimedOutEventAttributes{ActivityTaskTimedOutEventAttributes: &historypb.ActivityTaskTimedOutEventAttributes{
				Failure: failure, ScheduledEventId: a.scheduledID, StartedEventId: startedID, RetryState: state,
			}},
		}
	})
}
