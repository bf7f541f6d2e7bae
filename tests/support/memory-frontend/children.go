package main

import (
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	failurepb "go.temporal.io/api/failure/v1"
	historypb "go.temporal.io/api/history/v1"
)

// startChild creates the child that an event of the parent asks for, and tells the parent.
func (f *frontend) startChild(x *execution, initiatedID int64, attrs *historypb.StartChildWorkflowExecutionInitiatedEventAttributes) {
	if existing := x.ns.records.find(attrs.WorkflowId, ""); existing >= 0 && refuseStart(x.ns.records.at(existing), attrs.WorkflowIdReusePolicy) {
		x.receive(func() {
			delete(x.children, initiatedID)
			x.append(&historypb.HistoryEvent{
				EventType: enumspb.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_FAILED,
				Attributes: &historypb.HistoryEvent_StartChildWorkflowExecutionFailedEventAttributes{StartChildWorkflowExecutionFailedEventAttributes: &historypb.StartChildWorkflowExecutionFailedEventAttributes{
					Namespace: x.ns.name, NamespaceId: x.ns.id, WorkflowId: attrs.WorkflowId, WorkflowType: attrs.WorkflowType,
					Cause:            enumspb.START_CHILD_WORKFLOW_EXECUTION_FAILED_CAUSE_WORKFLOW_ALREADY_EXISTS,
					InitiatedEventId: initiatedID, WorkflowTaskCompletedEventId: attrs.WorkflowTaskCompletedEventId,
				}},
			})
		})
		return
	}
	started := &historypb.WorkflowExecutionStartedEventAttributes{
		WorkflowType: attrs.WorkflowType, TaskQueue: attrs.TaskQueue, Input: attrs.Input, Header: attrs.Header,
		WorkflowExecutionTimeout: attrs.WorkflowExecutionTimeout, WorkflowRunTimeout: attrs.WorkflowRunTimeout,
		WorkflowTaskTimeout: attrs.WorkflowTaskTimeout, Memo: attrs.Memo, SearchAttributes: attrs.SearchAttributes,
		RetryPolicy:             attrs.RetryPolicy,
		ParentWorkflowNamespace: x.ns.name, ParentWorkflowNamespaceId: x.ns.id,
		ParentWorkflowExecution: x.reference(), ParentInitiatedEventId: initiatedID,
		RootWorkflowExecution: x.root(),
	}
	one := f.create(x.ns, attrs.WorkflowId, newUUID(), started, nil, &parentLink{x.ns, x.index, initiatedID})
	x.children[initiatedID].index = one.index
	x.receive(func() {
		info := x.children[initiatedID]
		info.startedID = x.append(&historypb.HistoryEvent{
			EventType: enumspb.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_STARTED,
			Attributes: &historypb.HistoryEvent_ChildWorkflowExecutionStartedEventAttributes{ChildWorkflowExecutionStartedEventAttributes: &historypb.ChildWorkflowExecutionStartedEventAttributes{
				Namespace: x.ns.name, NamespaceId: x.ns.id, InitiatedEventId: initiatedID,
				WorkflowExecution: one.reference(), WorkflowType: attrs.WorkflowType, Header: attrs.Header,
			}},
		})
	})
	one.needTask()
}

func (x *execution) root() *commonpb.WorkflowExecution {
	if root := x.started.RootWorkflowExecution; root != nil {
		return root
	}
	return x.reference()
}

// tellParent reports the end of a child to its parent.
func (x *execution) tellParent(status enumspb.WorkflowExecutionStatus) {
	if x.parent == nil {
		return
	}
	parent := x.parent.ns.live[x.parent.index]
	if parent == nil || parent.closed {
		return
	}
	id := x.parent.initiatedID
	last := x.events[len(x.events)-1]
	parent.receive(func() {
		info := parent.children[id]
		if info == nil {
			return
		}
		delete(parent.children, id)
		parent.append(x.endForParent(status, last, id, info.startedID))
	})
}

func (x *execution) endForParent(status enumspb.WorkflowExecutionStatus, last *historypb.HistoryEvent, initiatedID, startedID int64) *historypb.HistoryEvent {
	ns, nsID, of, kind := x.ns.name, x.ns.id, x.reference(), x.started.WorkflowType
	switch status {
	case enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED:
		return &historypb.HistoryEvent{
			EventType: enumspb.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_COMPLETED,
			Attributes: &historypb.HistoryEvent_ChildWorkflowExecutionCompletedEventAttributes{ChildWorkflowExecutionCompletedEventAttributes: &historypb.ChildWorkflowExecutionCompletedEventAttributes{
				Result: last.GetWorkflowExecutionCompletedEventAttributes().GetResult(), Namespace: ns, NamespaceId: nsID,
				WorkflowExecution: of, WorkflowType: kind, InitiatedEventId: initiatedID, StartedEventId: startedID,
			}},
		}
	case enumspb.WORKFLOW_EXECUTION_STATUS_CANCELED:
		return &historypb.HistoryEvent{
			EventType: enumspb.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_CANCELED,
			Attributes: &historypb.HistoryEvent_ChildWorkflowExecutionCanceledEventAttributes{ChildWorkflowExecutionCanceledEventAttributes: &historypb.ChildWorkflowExecutionCanceledEventAttributes{
				Details: last.GetWorkflowExecutionCanceledEventAttributes().GetDetails(), Namespace: ns, NamespaceId: nsID,
				WorkflowExecution: of, WorkflowType: kind, InitiatedEventId: initiatedID, StartedEventId: startedID,
			}},
		}
	case enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED:
		return &historypb.HistoryEvent{
			EventType: enumspb.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_TERMINATED,
			Attributes: &historypb.HistoryEvent_ChildWorkflowExecutionTerminatedEventAttributes{ChildWorkflowExecutionTerminatedEventAttributes: &historypb.ChildWorkflowExecutionTerminatedEventAttributes{
				Namespace: ns, NamespaceId: nsID, WorkflowExecution: of, WorkflowType: kind, InitiatedEventId: initiatedID, StartedEventId: startedID,
			}},
		}
	case enumspb.WORKFLOW_EXECUTION_STATUS_TIMED_OUT:
		return &historypb.HistoryEvent{
			EventType: enumspb.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_TIMED_OUT,
			Attributes: &historypb.HistoryEvent_ChildWorkflowExecutionTimedOutEventAttributes{ChildWorkflowExecutionTimedOutEventAttributes: &historypb.ChildWorkflowExecutionTimedOutEventAttributes{
				Namespace: ns, NamespaceId: nsID, WorkflowExecution: of, WorkflowType: kind, InitiatedEventId: initiatedID, StartedEventId: startedID,
				RetryState: enumspb.RETRY_STATE_TIMEOUT,
			}},
		}
	}
	var failure *failurepb.Failure
	if failed := last.GetWorkflowExecutionFailedEventAttributes(); failed != nil {
		failure = failed.Failure
	}
	return &historypb.HistoryEvent{
		EventType: enumspb.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_FAILED,
		Attributes: &historypb.HistoryEvent_ChildWorkflowExecutionFailedEventAttributes{ChildWorkflowExecutionFailedEventAttributes: &historypb.ChildWorkflowExecutionFailedEventAttributes{
			Failure: failure, Namespace: ns, NamespaceId: nsID, WorkflowExecution: of, WorkflowType: kind,
			InitiatedEventId: initiatedID, StartedEventId: startedID, RetryState: enumspb.RETRY_STATE_RETRY_POLICY_NOT_SET,
		}},
	}
}

// closeChildren applies the parent close policy; a child whose cancellation is requested is terminated instead.
func (x *execution) closeChildren() {
	for _, info := range x.children {
		if info.attrs.ParentClosePolicy == enumspb.PARENT_CLOSE_POLICY_ABANDON || info.startedID == 0 {
			continue
		}
		if one := x.ns.live[info.index]; one != nil && !one.closed {
			one.terminate("by parent close policy", "history-service", nil)
		}
	}
	x.children = nil
}
