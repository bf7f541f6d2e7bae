package main

import (
	"context"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	failurepb "go.temporal.io/api/failure/v1"
	historypb "go.temporal.io/api/history/v1"
	protocolpb "go.temporal.io/api/protocol/v1"
	"go.temporal.io/api/serviceerror"
	updatepb "go.temporal.io/api/update/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/protobuf/types/known/anypb"
)

// update is an update of one execution, from its admission to its outcome.
type update struct {
	id         string
	request    *updatepb.Request
	sent       bool
	accepted   chan struct{}
	completed  chan struct{}
	acceptedID int64
	outcome    *updatepb.Outcome
	err        error
}

// admit takes an update in, once per ID, and sees to it that a workflow task carries it to a worker.
func (x *execution) admit(request *updatepb.Request) *update {
	id := request.GetMeta().GetUpdateId()
	if id == "" {
		id = newUUID()
		request.Meta = &updatepb.Meta{UpdateId: id, Identity: request.GetMeta().GetIdentity()}
	}
	if known := x.updates[id]; known != nil {
		return known
	}
	u := &update{id: id, request: request, accepted: make(chan struct{}), completed: make(chan struct{})}
	if x.updates == nil {
		x.updates = map[string]*update{}
	}
	x.updates[id] = u
	x.waiting = append(x.waiting, u)
	if x.task == nil {
		x.newTask(1, true)
		x.f.enqueueTask(x)
	}
	return u
}

// updateMessages are the requests of all updates that the worker has not been sent yet.
func (x *execution) updateMessages() []*protocolpb.Message {
	var messages []*protocolpb.Message
	for _, u := range x.waiting {
		if u.sent {
			continue
		}
		u.sent = true
		body, err := anypb.New(u.request)
		if err != nil {
			continue
		}
		messages = append(messages, &protocolpb.Message{
			Id: u.id + "/request", ProtocolInstanceId: u.id, Body: body,
			SequencingId: &protocolpb.Message_EventId{EventId: x.task.startedID - 1},
		})
	}
	return messages
}

func messagesByID(messages []*protocolpb.Message) map[string]*protocolpb.Message {
	if len(messages) == 0 {
		return nil
	}
	byID := make(map[string]*protocolpb.Message, len(messages))
	for _, message := range messages {
		byID[message.Id] = message
	}
	return byID
}

// onlyRejections reports whether every message rejects an update, and there is one.
func (x *execution) onlyRejections(messages []*protocolpb.Message) bool {
	for _, message := range messages {
		if !message.Body.MessageIs(&updatepb.Rejection{}) {
			return false
		}
	}
	return len(messages) > 0
}

// messagesWithoutCommand applies the messages that no command referred to, in their order.
func (c *completion) messagesWithoutCommand() {
	for _, message := range c.request.Messages {
		if c.messages[message.Id] != nil {
			delete(c.messages, message.Id)
			c.receiveMessage(message)
		}
	}
}

func (c *completion) receiveMessage(message *protocolpb.Message) {
	x := c.x
	u := x.updates[message.ProtocolInstanceId]
	body, err := message.Body.UnmarshalNew()
	if u == nil || err != nil {
		return
	}
	switch body := body.(type) {
	case *updatepb.Acceptance:
		x.forget(u)
		request := body.AcceptedRequest
		if request == nil {
			request = u.request
		}
		u.acceptedID = x.append(&historypb.HistoryEvent{
			EventType: enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED,
			Attributes: &historypb.HistoryEvent_WorkflowExecutionUpdateAcceptedEventAttributes{WorkflowExecutionUpdateAcceptedEventAttributes: &historypb.WorkflowExecutionUpdateAcceptedEventAttributes{
				ProtocolInstanceId: u.id, AcceptedRequestMessageId: u.id + "/request",
				AcceptedRequestSequencingEventId: body.AcceptedRequestSequencingEventId, AcceptedRequest: request,
			}},
		})
		close(u.accepted)
	case *updatepb.Response:
		x.append(&historypb.HistoryEvent{
			EventType: enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_COMPLETED,
			Attributes: &historypb.HistoryEvent_WorkflowExecutionUpdateCompletedEventAttributes{WorkflowExecutionUpdateCompletedEventAttributes: &historypb.WorkflowExecutionUpdateCompletedEventAttributes{
				Meta: u.request.Meta, AcceptedEventId: u.acceptedID, Outcome: body.Outcome,
			}},
		})
		u.finish(body.Outcome, nil)
	case *updatepb.Rejection:
		x.forget(u)
		delete(x.updates, u.id)
		u.finish(&updatepb.Outcome{Value: &updatepb.Outcome_Failure{Failure: body.Failure}}, nil)
	}
}

// rejectUnanswered rejects the updates that a worker was sent and neither accepted nor rejected.
func (x *execution) rejectUnanswered() {
	var waiting []*update
	for _, u := range x.waiting {
		if !u.sent {
			waiting = append(waiting, u)
			continue
		}
		delete(x.updates, u.id)
		u.finish(&updatepb.Outcome{Value: &updatepb.Outcome_Failure{Failure: &failurepb.Failure{
			Message: "Workflow Update is rejected because it wasn't processed by worker.", Source: "Server",
			FailureInfo: &failurepb.Failure_ApplicationFailureInfo{ApplicationFailureInfo: &failurepb.ApplicationFailureInfo{
				Type: "UnprocessedUpdate", NonRetryable: true,
			}},
		}}}, nil)
	}
	x.waiting = waiting
}

func (x *execution) forget(u *update) {
	for i, one := range x.waiting {
		if one == u {
			x.waiting = append(x.waiting[:i:i], x.waiting[i+1:]...)
			return
		}
	}
}

func (u *update) finish(outcome *updatepb.Outcome, err error) {
	select {
	case <-u.completed:
		return
	default:
	}
	u.outcome, u.err = outcome, err
	select {
	case <-u.accepted:
	default:
		close(u.accepted)
	}
	close(u.completed)
}

// abortUpdates ends what is not complete when its workflow closes.
func (x *execution) abortUpdates() {
	for _, u := range x.updates {
		if u.acceptedID == 0 {
			u.finish(nil, serviceerror.NewNotFound("workflow execution already completed"))
			continue
		}
		u.finish(&updatepb.Outcome{Value: &updatepb.Outcome_Failure{Failure: &failurepb.Failure{
			Message: "Workflow Update failed because the Workflow completed before the Update completed.", Source: "Server",
			FailureInfo: &failurepb.Failure_ApplicationFailureInfo{ApplicationFailureInfo: &failurepb.ApplicationFailureInfo{
				Type: "AcceptedUpdateCompletedWorkflow", NonRetryable: true,
			}},
		}}}, nil)
	}
	x.waiting = nil
}

// await waits for a stage of the update, as long as the caller's deadline allows.
func (u *update) await(ctx context.Context, of *commonpb.WorkflowExecution, stage enumspb.UpdateWorkflowExecutionLifecycleStage) (*workflowservice.UpdateWorkflowExecutionResponse, error) {
	const longest, budget = 20 * time.Second, 100 * time.Millisecond
	wait := longest
	if deadline, set := ctx.Deadline(); set {
		wait = min(wait, time.Until(deadline)-budget)
	}
	reached := u.completed
	if stage == enumspb.UPDATE_WORKFLOW_EXECUTION_LIFECYCLE_STAGE_ACCEPTED {
		reached = u.accepted
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-reached:
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-timer.C:
	}
	response := &workflowservice.UpdateWorkflowExecutionResponse{
		UpdateRef: &updatepb.UpdateRef{WorkflowExecution: of, UpdateId: u.id},
		Stage:     enumspb.UPDATE_WORKFLOW_EXECUTION_LIFECYCLE_STAGE_ADMITTED,
	}
	select {
	case <-u.completed:
		response.Outcome, response.Stage = u.outcome, enumspb.UPDATE_WORKFLOW_EXECUTION_LIFECYCLE_STAGE_COMPLETED
		return response, u.err
	default:
	}
	select {
	case <-u.accepted:
		response.Stage = enumspb.UPDATE_WORKFLOW_EXECUTION_LIFECYCLE_STAGE_ACCEPTED
	default:
	}
	return response, nil
}

func (f *frontend) UpdateWorkflowExecution(ctx context.Context, r *workflowservice.UpdateWorkflowExecutionRequest) (*workflowservice.UpdateWorkflowExecutionResponse, error) {
	f.mu.Lock()
	x, err := f.find(r.Namespace, r.WorkflowExecution)
	if err != nil {
		f.mu.Unlock()
		return nil, err
	}
	u := x.updates[r.Request.GetMeta().GetUpdateId()]
	if u == nil {
		if x.closed {
			f.mu.Unlock()
			return nil, serviceerror.NewNotFound("workflow execution already completed")
		}
		u = x.admit(r.Request)
	}
	of := x.reference()
	f.mu.Unlock()
	return u.await(ctx, of, r.WaitPolicy.GetLifecycleStage())
}

func (f *frontend) PollWorkflowExecutionUpdate(ctx context.Context, r *workflowservice.PollWorkflowExecutionUpdateRequest) (*workflowservice.PollWorkflowExecutionUpdateResponse, error) {
	f.mu.Lock()
	x, err := f.find(r.Namespace, r.UpdateRef.GetWorkflowExecution())
	if err != nil {
		f.mu.Unlock()
		return nil, err
	}
	u := x.updates[r.UpdateRef.GetUpdateId()]
	of := x.reference()
	f.mu.Unlock()
	if u == nil {
		return nil, serviceerror.NewNotFoundf("update %q not found", r.UpdateRef.GetUpdateId())
	}
	response, err := u.await(ctx, of, r.WaitPolicy.GetLifecycleStage())
	if err != nil {
		return nil, err
	}
	return &workflowservice.PollWorkflowExecutionUpdateResponse{Outcome: response.Outcome, Stage: response.Stage, UpdateRef: response.UpdateRef}, nil
}
