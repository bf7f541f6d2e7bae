package main

import (
	"context"
	"encoding/binary"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/serviceerror"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	updatepb "go.temporal.io/api/update/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/protobuf/types/known/durationpb"
)

func (f *frontend) StartWorkflowExecution(_ context.Context, r *workflowservice.StartWorkflowExecutionRequest) (*workflowservice.StartWorkflowExecutionResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	x, response, err := f.start(r)
	if err != nil || x == nil {
		return response, err
	}
	delay := r.WorkflowStartDelay.AsDuration()
	if r.RequestEagerExecution && delay <= 0 && f.plant.capacity == nil {
		x.newTask(1, false)
		x.startTask(r.Identity)
		response.EagerWorkflowTask = x.taskResponse(false)
		return response, nil
	}
	f.begin(x, delay)
	return response, nil
}

// begin schedules the first workflow task of a workflow that a client started. It reaches its task queue when the
// planted capacity has room for it.
func (f *frontend) begin(x *execution, delay time.Duration) {
	if delay > 0 {
		f.beginAfter(x, delay)
		return
	}
	x.newTask(1, false)
	var wait time.Duration
	if f.plant.capacity != nil && f.plant.capacityAt == "task" {
		now := f.plant.clock.now()
		wait = time.Duration((f.plant.capacity.leave(now) - now) * float64(time.Second))
	}
	f.enqueueAfter(x, wait)
}

// start creates the execution of a request, or returns nil and the response of one that exists; the caller holds the lock.
func (f *frontend) start(r *workflowservice.StartWorkflowExecutionRequest) (*execution, *workflowservice.StartWorkflowExecutionResponse, error) {
	ns, err := f.namespace(r.Namespace)
	if err != nil {
		return nil, nil, err
	}
	switch {
	case r.WorkflowId == "":
		return nil, nil, serviceerror.NewInvalidArgument("WorkflowId is not set on request.")
	case len(r.WorkflowId) > 1000:
		return nil, nil, serviceerror.NewInvalidArgument("WorkflowId length exceeds limit.")
	case r.WorkflowType.GetName() == "":
		return nil, nil, serviceerror.NewInvalidArgument("WorkflowType is not set on request.")
	case r.TaskQueue.GetName() == "":
		return nil, nil, serviceerror.NewInvalidArgument("TaskQueue is not set on request.")
	case r.CronSchedule != "":
		return nil, nil, serviceerror.NewInvalidArgument("memory-frontend does not execute cron schedules")
	}
	if index := ns.records.find(r.WorkflowId, ""); index >= 0 {
		if response, err := f.startExisting(ns, index, r); response != nil || err != nil {
			return nil, response, err
		}
	}
	attrs := &historypb.WorkflowExecutionStartedEventAttributes{
		WorkflowType: r.WorkflowType,
		TaskQueue:    &taskqueuepb.TaskQueue{Name: r.TaskQueue.Name, Kind: enumspb.TASK_QUEUE_KIND_NORMAL},
		Input:        r.Input, WorkflowExecutionTimeout: r.WorkflowExecutionTimeout, WorkflowRunTimeout: r.WorkflowRunTimeout,
		WorkflowTaskTimeout: r.WorkflowTaskTimeout, Identity: r.Identity, RetryPolicy: r.RetryPolicy, Memo: r.Memo,
		SearchAttributes: r.SearchAttributes, Header: r.Header, Priority: r.Priority,
		FirstWorkflowTaskBackoff: r.WorkflowStartDelay, LastCompletionResult: r.LastCompletionResult,
	}
	if attrs.FirstWorkflowTaskBackoff == nil {
		attrs.FirstWorkflowTaskBackoff = &durationpb.Duration{}
	}
	x := f.create(ns, r.WorkflowId, r.RequestId, attrs, r.UserMetadata, nil)
	return x, &workflowservice.StartWorkflowExecutionResponse{
		RunId: x.runID, FirstExecutionRunId: x.runID, Started: true, Status: enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING,
	}, nil
}

// startExisting answers a start whose workflow ID has an execution; both results are nil if a new one may be started.
func (f *frontend) startExisting(ns *namespace, index int32, r *workflowservice.StartWorkflowExecutionRequest) (*workflowservice.StartWorkflowExecutionResponse, error) {
	rec := ns.records.at(index)
	runID := formatUUID(rec.runID)
	x := ns.live[index]
	startRequestID := ""
	if x != nil {
		startRequestID = x.startRequestID
		if r.RequestId != "" && r.RequestId == startRequestID {
			return &workflowservice.StartWorkflowExecutionResponse{RunId: runID, Started: true, Status: enumspb.WorkflowExecutionStatus(rec.status)}, nil
		}
	}
	if rec.status == uint8(enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING) {
		switch {
		case r.WorkflowIdConflictPolicy == enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING:
			return &workflowservice.StartWorkflowExecutionResponse{RunId: runID, Status: enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING}, nil
		case r.WorkflowIdConflictPolicy == enumspb.WORKFLOW_ID_CONFLICT_POLICY_TERMINATE_EXISTING,
			r.WorkflowIdReusePolicy == enumspb.WORKFLOW_ID_REUSE_POLICY_TERMINATE_IF_RUNNING:
			x.terminate("TerminateIfRunning WorkflowIdReusePolicy", "history-service", nil)
			return nil, nil
		}
		return nil, serviceerror.NewWorkflowExecutionAlreadyStarted("Workflow execution is already running. WorkflowId: "+r.WorkflowId+", RunId: "+runID+".", startRequestID, runID)
	}
	if refuseStart(rec, r.WorkflowIdReusePolicy) {
		return nil, serviceerror.NewWorkflowExecutionAlreadyStarted("Workflow execution already finished. WorkflowId: "+r.WorkflowId+", RunId: "+runID+". Workflow Id reuse policy: "+r.WorkflowIdReusePolicy.String()+".", startRequestID, runID)
	}
	return nil, nil
}

// refuseStart reports whether a policy forbids another execution under the workflow ID of the record.
func refuseStart(rec *record, policy enumspb.WorkflowIdReusePolicy) bool {
	switch enumspb.WorkflowExecutionStatus(rec.status) {
	case enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING:
		return true
	case enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED:
		return policy == enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE || policy == enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE_FAILED_ONLY
	}
	return policy == enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE
}

// ExecuteMultiOperation supports what the API does: a start and an update of the same workflow.
func (f *frontend) ExecuteMultiOperation(ctx context.Context, r *workflowservice.ExecuteMultiOperationRequest) (*workflowservice.ExecuteMultiOperationResponse, error) {
	if len(r.Operations) != 2 || r.Operations[0].GetStartWorkflow() == nil || r.Operations[1].GetUpdateWorkflow() == nil {
		return nil, serviceerror.NewInvalidArgument("Operations have to be exactly [Start, Update].")
	}
	start, second := r.Operations[0].GetStartWorkflow(), r.Operations[1].GetUpdateWorkflow()
	start.Namespace = r.Namespace
	f.mu.Lock()
	x, started, err := f.start(start)
	if err != nil {
		f.mu.Unlock()
		return nil, serviceerror.NewMultiOperationExecution("Update-with-Start could not be executed.", []error{err, serviceerror.NewMultiOperationAborted("Operation was aborted.")})
	}
	var u *update
	if x != nil {
		// The update goes with the first workflow task.
		u = x.admitBefore(second.Request)
		f.begin(x, 0)
	} else if x, err = f.find(r.Namespace, &commonpb.WorkflowExecution{WorkflowId: start.WorkflowId}); err == nil {
		if u = x.updates[second.Request.GetMeta().GetUpdateId()]; u == nil && x.closed {
			err = serviceerror.NewNotFound("workflow execution already completed")
		} else if u == nil {
			u = x.admit(second.Request)
		}
	}
	if err != nil {
		f.mu.Unlock()
		return nil, err
	}
	of := x.reference()
	f.mu.Unlock()
	updated, err := u.await(ctx, of, second.WaitPolicy.GetLifecycleStage())
	if err != nil {
		return nil, err
	}
	return &workflowservice.ExecuteMultiOperationResponse{Responses: []*workflowservice.ExecuteMultiOperationResponse_Response{
		{Response: &workflowservice.ExecuteMultiOperationResponse_Response_StartWorkflow{StartWorkflow: started}},
		{Response: &workflowservice.ExecuteMultiOperationResponse_Response_UpdateWorkflow{UpdateWorkflow: updated}},
	}}, nil
}

// admitBefore admits an update to an execution that has no workflow task yet.
func (x *execution) admitBefore(request *updatepb.Request) *update {
	x.task = &workflowTask{}
	u := x.admit(request)
	x.task = nil
	return u
}

func (f *frontend) SignalWorkflowExecution(_ context.Context, r *workflowservice.SignalWorkflowExecutionRequest) (*workflowservice.SignalWorkflowExecutionResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	x, err := f.findOpen(r.Namespace, r.WorkflowExecution)
	if err != nil {
		return nil, err
	}
	if r.RequestId != "" {
		if x.requestIDs[r.RequestId] {
			return &workflowservice.SignalWorkflowExecutionResponse{}, nil
		}
		if x.requestIDs == nil {
			x.requestIDs = map[string]bool{}
		}
		x.requestIDs[r.RequestId] = true
	}
	at := timestamp(time.Now())
	x.receive(func() {
		x.append(&historypb.HistoryEvent{
			EventType: enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED,
			EventTime: at,
			Attributes: &historypb.HistoryEvent_WorkflowExecutionSignaledEventAttributes{WorkflowExecutionSignaledEventAttributes: &historypb.WorkflowExecutionSignaledEventAttributes{
				SignalName: r.SignalName, Input: r.Input, Identity: r.Identity, Header: r.Header,
			}},
		})
	})
	return &workflowservice.SignalWorkflowExecutionResponse{}, nil
}

func (f *frontend) RequestCancelWorkflowExecution(_ context.Context, r *workflowservice.RequestCancelWorkflowExecutionRequest) (*workflowservice.RequestCancelWorkflowExecutionResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	x, err := f.findOpen(r.Namespace, r.WorkflowExecution)
	if err != nil {
		return nil, err
	}
	if !x.cancelled {
		x.cancelled = true
		x.receive(func() {
			x.append(&historypb.HistoryEvent{
				EventType: enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_CANCEL_REQUESTED,
				Attributes: &historypb.HistoryEvent_WorkflowExecutionCancelRequestedEventAttributes{WorkflowExecutionCancelRequestedEventAttributes: &historypb.WorkflowExecutionCancelRequestedEventAttributes{
					Cause: r.Reason, Identity: r.Identity,
				}},
			})
		})
	}
	return &workflowservice.RequestCancelWorkflowExecutionResponse{}, nil
}

func (f *frontend) TerminateWorkflowExecution(_ context.Context, r *workflowservice.TerminateWorkflowExecutionRequest) (*workflowservice.TerminateWorkflowExecutionResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	x, err := f.findOpen(r.Namespace, r.WorkflowExecution)
	if err != nil {
		return nil, err
	}
	x.terminate(r.Reason, r.Identity, r.Details)
	return &workflowservice.TerminateWorkflowExecutionResponse{}, nil
}

func (f *frontend) GetWorkflowExecutionHistory(ctx context.Context, r *workflowservice.GetWorkflowExecutionHistoryRequest) (*workflowservice.GetWorkflowExecutionHistoryResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	of := r.Execution
	from := int64(0)
	if len(r.NextPageToken) > 8 {
		from = int64(binary.BigEndian.Uint64(r.NextPageToken))
		of = &commonpb.WorkflowExecution{WorkflowId: of.GetWorkflowId(), RunId: string(r.NextPageToken[8:])}
	}
	x, err := f.find(r.Namespace, of)
	if err != nil {
		return nil, err
	}
	closeOnly := r.HistoryEventFilterType == enumspb.HISTORY_EVENT_FILTER_TYPE_CLOSE_EVENT
	if r.WaitNewEvent && !x.closed && (closeOnly || from >= int64(len(x.events))) {
		f.awaitEvents(ctx, x, closeOnly)
	}
	pageToken := func(after int64) []byte { return append(binary.BigEndian.AppendUint64(nil, uint64(after)), x.runID...) }
	response := &workflowservice.GetWorkflowExecutionHistoryResponse{History: &historypb.History{}}
	if closeOnly {
		switch {
		case x.closed || !r.WaitNewEvent:
			response.History.Events = x.events[len(x.events)-1:]
		default:
			response.NextPageToken = pageToken(from)
		}
		return response, nil
	}
	size := int64(r.MaximumPageSize)
	if size <= 0 || size > 1000 {
		size = 1000
	}
	to := min(int64(len(x.events)), from+size)
	response.History.Events = x.events[from:to]
	if to < int64(len(x.events)) || r.WaitNewEvent && !x.closed {
		response.NextPageToken = pageToken(to)
	}
	return response, nil
}

// awaitEvents waits, without the lock, for an event of the execution, or for its last one; at most 20 s, as the server.
func (f *frontend) awaitEvents(ctx context.Context, x *execution, closeOnly bool) {
	const longest, budget = 20 * time.Second, 500 * time.Millisecond
	signal := &x.changed
	if closeOnly {
		signal = &x.closing
	}
	if *signal == nil {
		*signal = make(chan struct{})
	}
	wake := *signal
	wait := longest
	if deadline, set := ctx.Deadline(); set {
		wait = min(wait, time.Until(deadline)-budget)
	}
	f.mu.Unlock()
	timer := time.NewTimer(wait)
	select {
	case <-wake:
	case <-ctx.Done():
	case <-timer.C:
	}
	timer.Stop()
	f.mu.Lock()
}

func (f *frontend) GetWorkflowExecutionHistoryReverse(_ context.Context, r *workflowservice.GetWorkflowExecutionHistoryReverseRequest) (*workflowservice.GetWorkflowExecutionHistoryReverseResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	x, err := f.find(r.Namespace, r.Execution)
	if err != nil {
		return nil, err
	}
	to := int64(len(x.events))
	if len(r.NextPageToken) == 8 {
		to = min(to, int64(binary.BigEndian.Uint64(r.NextPageToken)))
	}
	size := int64(r.MaximumPageSize)
	if size <= 0 || size > 1000 {
		size = 1000
	}
	response := &workflowservice.GetWorkflowExecutionHistoryReverseResponse{History: &historypb.History{}}
	from := max(0, to-size)
	for i := to - 1; i >= from; i-- {
		response.History.Events = append(response.History.Events, x.events[i])
	}
	if from > 0 {
		response.NextPageToken = binary.BigEndian.AppendUint64(nil, uint64(from))
	}
	return response, nil
}
