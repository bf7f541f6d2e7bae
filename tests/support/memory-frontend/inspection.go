package main

import (
	"context"
	"encoding/binary"
	"time"

	batchpb "go.temporal.io/api/batch/v1"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/protobuf/types/known/durationpb"
)

// describe is what visibility and Describe report of an execution; the caller holds the lock.
func (ns *namespace) describe(index int32, rec *record) *workflowpb.WorkflowExecutionInfo {
	started := time.Unix(0, rec.startNanos)
	info := &workflowpb.WorkflowExecutionInfo{
		Execution:     &commonpb.WorkflowExecution{WorkflowId: ns.records.id(rec), RunId: formatUUID(rec.runID)},
		Type:          &commonpb.WorkflowType{Name: ns.names.strings[rec.workflowType]},
		StartTime:     timestamp(started),
		ExecutionTime: timestamp(started),
		Status:        enumspb.WorkflowExecutionStatus(rec.status),
		HistoryLength: int64(rec.historyCount), HistorySizeBytes: int64(rec.historySize),
		TaskQueue: ns.names.strings[rec.taskQueue],
	}
	if rec.closeNanos != 0 {
		info.CloseTime = timestamp(time.Unix(0, rec.closeNanos))
		info.ExecutionDuration = durationpb.New(time.Duration(rec.closeNanos - rec.startNanos))
	}
	if x := ns.live[index]; x != nil {
		info.Memo, info.SearchAttributes, info.StateTransitionCount = x.started.Memo, x.started.SearchAttributes, x.transitions
		info.ParentExecution, info.RootExecution, info.FirstRunId = x.started.ParentWorkflowExecution, x.root(), x.started.FirstExecutionRunId
	}
	return info
}

func (f *frontend) DescribeWorkflowExecution(_ context.Context, r *workflowservice.DescribeWorkflowExecutionRequest) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	ns, err := f.namespace(r.Namespace)
	if err != nil {
		return nil, err
	}
	index := ns.records.find(r.Execution.GetWorkflowId(), r.Execution.GetRunId())
	if index < 0 {
		return nil, serviceerror.NewNotFoundf("workflow not found for ID: %v", r.Execution.GetWorkflowId())
	}
	response := &workflowservice.DescribeWorkflowExecutionResponse{WorkflowExecutionInfo: ns.describe(index, ns.records.at(index))}
	x := ns.live[index]
	if x == nil {
		return response, nil
	}
	response.ExecutionConfig = &workflowpb.WorkflowExecutionConfig{
		TaskQueue: x.started.TaskQueue, WorkflowExecutionTimeout: x.started.WorkflowExecutionTimeout,
		WorkflowRunTimeout: x.started.WorkflowRunTimeout, DefaultWorkflowTaskTimeout: x.started.WorkflowTaskTimeout,
	}
	if wt := x.task; wt != nil {
		pending := &workflowpb.PendingWorkflowTaskInfo{State: enumspb.PENDING_WORKFLOW_TASK_STATE_SCHEDULED, ScheduledTime: timestamp(wt.scheduledAt), Attempt: wt.attempt}
		if wt.started {
			pending.State, pending.StartedTime = enumspb.PENDING_WORKFLOW_TASK_STATE_STARTED, timestamp(wt.startedAt)
		}
		response.PendingWorkflowTask = pending
	}
	for _, a := range x.activities {
		pending := &workflowpb.PendingActivityInfo{
			ActivityId: a.attrs.ActivityId, ActivityType: a.attrs.ActivityType, State: enumspb.PENDING_ACTIVITY_STATE_SCHEDULED,
			HeartbeatDetails: a.details, Attempt: a.attempt, MaximumAttempts: a.attrs.RetryPolicy.MaximumAttempts,
			ScheduledTime: timestamp(a.attemptAt), LastFailure: a.lastFailure, LastWorkerIdentity: a.identity,
		}
		if a.started {
			pending.State, pending.LastStartedTime = enumspb.PENDING_ACTIVITY_STATE_STARTED, timestamp(a.startedAt)
			pending.LastHeartbeatTime = timestamp(a.heartbeatAt)
		}
		response.PendingActivities = append(response.PendingActivities, pending)
	}
	for id, info := range x.children {
		pending := &workflowpb.PendingChildExecutionInfo{
			WorkflowId: info.attrs.WorkflowId, WorkflowTypeName: info.attrs.WorkflowType.GetName(), InitiatedId: id, ParentClosePolicy: info.attrs.ParentClosePolicy,
		}
		if info.index >= 0 {
			pending.RunId = formatUUID(ns.records.at(info.index).runID)
		}
		response.PendingChildren = append(response.PendingChildren, pending)
	}
	return response, nil
}

// selection returns a namespace and the query for its records, and the index of its newest record.
func (f *frontend) selection(namespaceName, text string) (*namespace, *query, int32, error) {
	q, err := parseQuery(text)
	if err != nil {
		return nil, nil, 0, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	ns, err := f.namespace(namespaceName)
	if err != nil {
		return nil, nil, 0, err
	}
	return ns, q, ns.records.count - 1, nil
}

func (f *frontend) CountWorkflowExecutions(_ context.Context, r *workflowservice.CountWorkflowExecutionsRequest) (*workflowservice.CountWorkflowExecutionsResponse, error) {
	ns, q, newest, err := f.selection(r.Namespace, r.Query)
	if err != nil {
		return nil, err
	}
	var counts [16]int64
	if len(q.conditions) == 0 {
		f.mu.Lock()
		counts = ns.records.byStatus
		f.mu.Unlock()
	} else {
		ns.records.scan(&f.mu, newest, func(_ int32, rec *record) bool {
			if q.matches(ns, rec) {
				counts[rec.status]++
			}
			return true
		})
	}
	response := &workflowservice.CountWorkflowExecutionsResponse{}
	for status, count := range counts {
		response.Count += count
		if !q.groupByStatus || count == 0 {
			continue
		}
		response.Groups = append(response.Groups, &workflowservice.CountWorkflowExecutionsResponse_AggregationGroup{
			GroupValues: []*commonpb.Payload{{
				Metadata: map[string][]byte{"encoding": []byte("json/plain"), "type": []byte("Keyword")},
				Data:     []byte(`"` + enumspb.WorkflowExecutionStatus(status).String() + `"`),
			}},
			Count: count,
		})
	}
	return response, nil
}

func (f *frontend) ListWorkflowExecutions(_ context.Context, r *workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	ns, q, from, err := f.selection(r.Namespace, r.Query)
	if err != nil {
		return nil, err
	}
	if len(r.NextPageToken) == 4 {
		from = int32(binary.BigEndian.Uint32(r.NextPageToken))
	}
	size := int(r.PageSize)
	if size <= 0 || size > 1000 {
		size = 1000
	}
	response := &workflowservice.ListWorkflowExecutionsResponse{}
	ns.records.scan(&f.mu, from, func(index int32, rec *record) bool {
		if !q.matches(ns, rec) {
			return true
		}
		if len(response.Executions) == size {
			response.NextPageToken = binary.BigEndian.AppendUint32(nil, uint32(index))
			return false
		}
		response.Executions = append(response.Executions, ns.describe(index, rec))
		return true
	})
	return response, nil
}

func (f *frontend) DescribeTaskQueue(_ context.Context, r *workflowservice.DescribeTaskQueueRequest) (*workflowservice.DescribeTaskQueueResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	ns, err := f.namespace(r.Namespace)
	if err != nil {
		return nil, err
	}
	q := ns.queues[queueKey{r.TaskQueue.GetName(), r.TaskQueueType == enumspb.TASK_QUEUE_TYPE_ACTIVITY}]
	if q == nil {
		q = &queue{}
	}
	response := &workflowservice.DescribeTaskQueueResponse{Pollers: q.pollerInfos()}
	if r.ReportStats {
		response.Stats = q.stats()
		response.StatsByPriorityKey = map[int32]*taskqueuepb.TaskQueueStats{3: response.Stats}
	}
	return response, nil
}

// StartBatchOperation terminates what the query selects, before it returns.
func (f *frontend) StartBatchOperation(_ context.Context, r *workflowservice.StartBatchOperationRequest) (*workflowservice.StartBatchOperationResponse, error) {
	operation := r.GetTerminationOperation()
	if operation == nil {
		return nil, serviceerror.NewUnimplemented("memory-frontend executes termination batches only")
	}
	ns, q, newest, err := f.selection(r.Namespace, r.VisibilityQuery)
	if err != nil {
		return nil, err
	}
	begun := timestamp(time.Now())
	var done int64
	terminate := func(index int32) {
		if x := ns.live[index]; x != nil && !x.closed {
			x.terminate(r.Reason, operation.Identity, operation.Details)
			done++
		}
	}
	if r.VisibilityQuery != "" {
		ns.records.scan(&f.mu, newest, func(index int32, rec *record) bool {
			if q.matches(ns, rec) {
				terminate(index)
			}
			return true
		})
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, of := range r.Executions {
		if index := ns.records.find(of.WorkflowId, of.RunId); index >= 0 {
			terminate(index)
		}
	}
	f.batches[r.JobId] = &workflowservice.DescribeBatchOperationResponse{
		OperationType: enumspb.BATCH_OPERATION_TYPE_TERMINATE, JobId: r.JobId, State: enumspb.BATCH_OPERATION_STATE_COMPLETED,
		StartTime: begun, CloseTime: timestamp(time.Now()), TotalOperationCount: done, CompleteOperationCount: done,
		Identity: operation.Identity, Reason: r.Reason, Query: r.VisibilityQuery,
	}
	return &workflowservice.StartBatchOperationResponse{}, nil
}

func (f *frontend) DescribeBatchOperation(_ context.Context, r *workflowservice.DescribeBatchOperationRequest) (*workflowservice.DescribeBatchOperationResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if batch := f.batches[r.JobId]; batch != nil {
		return batch, nil
	}
	return nil, serviceerror.NewNotFoundf("batch operation %q not found", r.JobId)
}

func (f *frontend) ListBatchOperations(_ context.Context, _ *workflowservice.ListBatchOperationsRequest) (*workflowservice.ListBatchOperationsResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	response := &workflowservice.ListBatchOperationsResponse{}
	for _, batch := range f.batches {
		response.OperationInfo = append(response.OperationInfo, &batchpb.BatchOperationInfo{JobId: batch.JobId, State: batch.State, StartTime: batch.StartTime, CloseTime: batch.CloseTime})
	}
	return response, nil
}
