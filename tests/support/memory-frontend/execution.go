package main

import (
	"time"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	failurepb "go.temporal.io/api/failure/v1"
	historypb "go.temporal.io/api/history/v1"
	sdkpb "go.temporal.io/api/sdk/v1"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
)

// execution is the mutable state of one workflow run. The frontend's lock guards it.
type execution struct {
	f       *frontend
	ns      *namespace
	index   int32
	id      string
	runID   string
	started *historypb.WorkflowExecutionStartedEventAttributes
	closed  bool
	at      time.Time

	startRequestID string
	requestIDs     map[string]bool
	events         []*historypb.HistoryEvent
	bytes          int64
	transitions    int64

	queue         string
	sticky        string
	stickyTimeout time.Duration
	taskTimeout   time.Duration

	stamps          int64
	task            *workflowTask
	previousStarted int64
	buffered        []func()

	activities map[int64]*activity
	timers     map[string]int64
	children   map[int64]*child
	parent     *parentLink
	updates    map[string]*update
	waiting    []*update
	queries    []*pendingQuery
	cancelled  bool

	changed chan struct{}
	closing chan struct{}
}

// workflowTask is the pending workflow task. Its events are deferred (written when it completes) if it is a retry or
// exists only for an update, which may be rejected and then leaves no trace.
type workflowTask struct {
	stamp       int64
	attempt     int32
	deferred    bool
	started     bool
	scheduledID int64
	startedID   int64
	scheduledAt time.Time
	startedAt   time.Time
	requestID   string
	identity    string
}

type parentLink struct {
	ns          *namespace
	index       int32
	initiatedID int64
}

type child struct {
	startedID int64
	index     int32
	attrs     *historypb.StartChildWorkflowExecutionInitiatedEventAttributes
}

// create begins an execution: its record and its first event. The caller holds the lock.
func (f *frontend) create(ns *namespace, id, requestID string, attrs *historypb.WorkflowExecutionStartedEventAttributes, metadata *sdkpb.UserMetadata, parent *parentLink) *execution {
	binaryID := newRunID()
	x := &execution{
		f: f, ns: ns, id: id, runID: formatUUID(binaryID), started: attrs, at: time.Now(),
		startRequestID: requestID, queue: attrs.TaskQueue.GetName(), parent: parent,
	}
	x.events = make([]*historypb.HistoryEvent, 0, 6)
	attrs.OriginalExecutionRunId = x.runID
	if attrs.FirstExecutionRunId == "" {
		attrs.FirstExecutionRunId = x.runID
	}
	attrs.WorkflowId, attrs.Attempt = id, 1
	if attrs.WorkflowTaskTimeout.AsDuration() <= 0 {
		attrs.WorkflowTaskTimeout = durationpb.New(f.settings.taskTimeout)
	}
	x.taskTimeout = attrs.WorkflowTaskTimeout.AsDuration()
	x.index = ns.records.add(id, record{
		runID:        binaryID,
		startNanos:   x.at.UnixNano(),
		workflowType: ns.names.number(attrs.WorkflowType.GetName()),
		taskQueue:    ns.names.number(x.queue),
		child:        parent != nil,
	})
	ns.live[x.index] = x
	ns.open++
	x.append(&historypb.HistoryEvent{
		EventType:    enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED,
		UserMetadata: metadata,
		Attributes:   &historypb.HistoryEvent_WorkflowExecutionStartedEventAttributes{WorkflowExecutionStartedEventAttributes: attrs},
	})
	x.transitions++
	f.armRunTimeout(x)
	return x
}

func (x *execution) reference() *commonpb.WorkflowExecution {
	return &commonpb.WorkflowExecution{WorkflowId: x.id, RunId: x.runID}
}

func (x *execution) record() *record { return x.ns.records.at(x.index) }

func (x *execution) nextID() int64 { return int64(len(x.events)) + 1 }

// append writes an event and returns its ID.
func (x *execution) append(event *historypb.HistoryEvent) int64 {
	x.f.taskID++
	event.EventId, event.TaskId = x.nextID(), x.f.taskID
	if event.EventTime == nil {
		event.EventTime = timestamp(time.Now())
	}
	x.events = append(x.events, event)
	x.bytes += int64(proto.Size(event))
	rec := x.record()
	rec.historyCount++
	rec.historySize = uint32(x.bytes)
	if x.changed != nil {
		close(x.changed)
		x.changed = nil
	}
	return event.EventId
}

// receive applies what happened outside of a workflow task: at once, or after the workflow task that is running, as the
// real server buffers events. Then the workflow gets a workflow task.
func (x *execution) receive(apply func()) {
	x.transitions++
	if x.task != nil && x.task.started {
		x.buffered = append(x.buffered, apply)
		return
	}
	apply()
	x.needTask()
}

// needTask schedules a workflow task unless one is pending.
func (x *execution) needTask() {
	switch {
	case x.closed:
	case x.task == nil:
		x.newTask(1, false)
		x.f.enqueueTask(x)
	case x.task.deferred && !x.task.started && x.task.attempt == 1:
		// It was for an update alone; now it has to be kept.
		x.task.deferred = false
		x.task.scheduledID = x.append(x.scheduledEvent())
	}
}

// newTask makes a workflow task pending without putting it on a queue.
func (x *execution) newTask(attempt int32, forUpdate bool) {
	x.stamps++
	x.task = &workflowTask{stamp: x.stamps, attempt: attempt, deferred: attempt > 1 || forUpdate, scheduledAt: time.Now()}
	if !x.task.deferred {
		x.task.scheduledID = x.append(x.scheduledEvent())
	}
}

func (x *execution) scheduledEvent() *historypb.HistoryEvent {
	queue := &taskqueuepb.TaskQueue{Name: x.queue, Kind: enumspb.TASK_QUEUE_KIND_NORMAL}
	if x.sticky != "" {
		queue = &taskqueuepb.TaskQueue{Name: x.sticky, Kind: enumspb.TASK_QUEUE_KIND_STICKY, NormalName: x.queue}
	}
	return &historypb.HistoryEvent{
		EventType: enumspb.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED,
		EventTime: timestamp(x.task.scheduledAt),
		Attributes: &historypb.HistoryEvent_WorkflowTaskScheduledEventAttributes{WorkflowTaskScheduledEventAttributes: &historypb.WorkflowTaskScheduledEventAttributes{
			TaskQueue: queue, StartToCloseTimeout: x.started.WorkflowTaskTimeout, Attempt: x.task.attempt,
		}},
	}
}

func (x *execution) startedEvent() *historypb.HistoryEvent {
	return &historypb.HistoryEvent{
		EventType: enumspb.EVENT_TYPE_WORKFLOW_TASK_STARTED,
		EventTime: timestamp(x.task.startedAt),
		Attributes: &historypb.HistoryEvent_WorkflowTaskStartedEventAttributes{WorkflowTaskStartedEventAttributes: &historypb.WorkflowTaskStartedEventAttributes{
			ScheduledEventId: x.task.scheduledID, Identity: x.task.identity, RequestId: x.task.requestID, HistorySizeBytes: x.bytes,
		}},
	}
}

// startTask gives the pending workflow task to a worker.
func (x *execution) startTask(identity string) {
	wt := x.task
	wt.started, wt.startedAt, wt.identity, wt.requestID = true, time.Now(), identity, newUUID()
	if wt.deferred {
		wt.scheduledID, wt.startedID = x.nextID(), x.nextID()+1
	} else {
		wt.startedID = x.append(x.startedEvent())
	}
	if !wt.deferred || wt.attempt > 1 {
		x.transitions++
	}
	ns, index, stamp := x.ns, x.index, wt.stamp
	x.f.timeouts.after(x.taskTimeout, func() {
		if x := ns.live[index]; x != nil && !x.closed && x.task != nil && x.task.stamp == stamp {
			x.f.timeOutTask(x, enumspb.TIMEOUT_TYPE_START_TO_CLOSE)
		}
	})
}

// writeDeferred writes the events of the running workflow task if they were deferred.
func (x *execution) writeDeferred() {
	if wt := x.task; wt.deferred {
		wt.scheduledID = x.append(x.scheduledEvent())
		wt.startedID = x.append(x.startedEvent())
	}
}

// flush applies what was buffered while a workflow task ran.
func (x *execution) flush() bool {
	buffered := x.buffered
	x.buffered = nil
	for _, apply := range buffered {
		if !x.closed {
			apply()
		}
	}
	return len(buffered) > 0
}

func (f *frontend) timeOutTask(x *execution, kind enumspb.TimeoutType) {
	wt := x.task
	if !wt.deferred {
		x.append(&historypb.HistoryEvent{
			EventType: enumspb.EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT,
			Attributes: &historypb.HistoryEvent_WorkflowTaskTimedOutEventAttributes{WorkflowTaskTimedOutEventAttributes: &historypb.WorkflowTaskTimedOutEventAttributes{
				ScheduledEventId: wt.scheduledID, StartedEventId: wt.startedID, TimeoutType: kind,
			}},
		})
	}
	attempt := wt.attempt
	if kind == enumspb.TIMEOUT_TYPE_START_TO_CLOSE {
		attempt++
	}
	f.retryTask(x, attempt)
}

func (f *frontend) failTask(x *execution, cause enumspb.WorkflowTaskFailedCause, failure *failurepb.Failure, identity string) {
	wt := x.task
	if !wt.deferred || wt.attempt == 1 {
		x.writeDeferred()
		x.append(&historypb.HistoryEvent{
			EventType: enumspb.EVENT_TYPE_WORKFLOW_TASK_FAILED,
			Attributes: &historypb.HistoryEvent_WorkflowTaskFailedEventAttributes{WorkflowTaskFailedEventAttributes: &historypb.WorkflowTaskFailedEventAttributes{
				ScheduledEventId: wt.scheduledID, StartedEventId: wt.startedID, Cause: cause, Failure: failure, Identity: identity,
			}},
		})
	}
	f.retryTask(x, wt.attempt+1)
}

// retryTask schedules the next attempt of a workflow task, on the normal queue; what was buffered makes it a first one.
func (f *frontend) retryTask(x *execution, attempt int32) {
	x.transitions++
	x.task, x.sticky = nil, ""
	for _, u := range x.waiting {
		u.sent = false
	}
	if x.flush() {
		attempt = 1
	}
	if x.closed {
		return
	}
	x.newTask(attempt, false)
	if attempt < 3 {
		f.enqueueTask(x)
		return
	}
	f.enqueueAfter(x, time.Second)
}

// enqueueAfter puts the pending workflow task on its queue once the delay is over.
func (f *frontend) enqueueAfter(x *execution, delay time.Duration) {
	if delay <= 0 {
		f.enqueueTask(x)
		return
	}
	stamp := x.task.stamp
	time.AfterFunc(delay, func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		if !x.closed && x.task != nil && x.task.stamp == stamp && !x.task.started {
			f.enqueueTask(x)
		}
	})
}

func (f *frontend) armRunTimeout(x *execution) {
	timeout := x.started.WorkflowRunTimeout.AsDuration()
	if whole := x.started.WorkflowExecutionTimeout.AsDuration(); timeout <= 0 || whole > 0 && whole < timeout {
		timeout = whole
	}
	if timeout <= 0 {
		return
	}
	ns, index := x.ns, x.index
	f.timeouts.after(timeout, func() {
		if x := ns.live[index]; x != nil && !x.closed {
			x.append(&historypb.HistoryEvent{
				EventType: enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_TIMED_OUT,
				Attributes: &historypb.HistoryEvent_WorkflowExecutionTimedOutEventAttributes{WorkflowExecutionTimedOutEventAttributes: &historypb.WorkflowExecutionTimedOutEventAttributes{
					RetryState: enumspb.RETRY_STATE_TIMEOUT,
				}},
			})
			x.close(enumspb.WORKFLOW_EXECUTION_STATUS_TIMED_OUT)
		}
	})
}

// close ends the execution; its last event has been written.
func (x *execution) close(status enumspb.WorkflowExecutionStatus) {
	x.closed = true
	x.task, x.buffered, x.activities, x.timers = nil, nil, nil, nil
	x.ns.records.close(x.index, status, x.events[len(x.events)-1].EventTime.AsTime().UnixNano())
	x.ns.open--
	if x.closing != nil {
		close(x.closing)
	}
	x.abortUpdates()
	for _, q := range x.queries {
		x.f.dispatchQuery(x, q)
	}
	x.queries = nil
	x.f.keepClosed(x)
	x.closeChildren()
	if status != enumspb.WORKFLOW_EXECUTION_STATUS_CONTINUED_AS_NEW {
		x.tellParent(status)
	}
}

// terminate ends the execution by force.
func (x *execution) terminate(reason, identity string, details *commonpb.Payloads) {
	x.transitions++
	x.append(&historypb.HistoryEvent{
		EventType: enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED,
		Attributes: &historypb.HistoryEvent_WorkflowExecutionTerminatedEventAttributes{WorkflowExecutionTerminatedEventAttributes: &historypb.WorkflowExecutionTerminatedEventAttributes{
			Reason: reason, Identity: identity, Details: details,
		}},
	})
	x.close(enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED)
}
