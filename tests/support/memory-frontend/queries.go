package main

import (
	"context"
	"strconv"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	querypb "go.temporal.io/api/query/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
)

// pendingQuery waits for an answer: attached to a workflow task, or as a task of its own.
type pendingQuery struct {
	id       int64
	key      string
	query    *querypb.WorkflowQuery
	attached bool
	done     chan struct{}
	answer   *workflowservice.QueryWorkflowResponse
	err      error
}

func (q *pendingQuery) finish(answer *workflowservice.QueryWorkflowResponse, err error) {
	select {
	case <-q.done:
	default:
		q.answer, q.err = answer, err
		close(q.done)
	}
}

func (f *frontend) QueryWorkflow(ctx context.Context, r *workflowservice.QueryWorkflowRequest) (*workflowservice.QueryWorkflowResponse, error) {
	f.mu.Lock()
	x, err := f.find(r.Namespace, r.Execution)
	if err != nil {
		f.mu.Unlock()
		return nil, err
	}
	f.lastQuery++
	q := &pendingQuery{id: f.lastQuery, key: strconv.FormatInt(f.lastQuery, 10), query: r.Query, done: make(chan struct{})}
	if x.task != nil {
		// What the workflow is about to do has to be part of the answer.
		x.queries = append(x.queries, q)
	} else {
		f.dispatchQuery(x, q)
	}
	f.mu.Unlock()
	select {
	case <-q.done:
		return q.answer, q.err
	case <-ctx.Done():
		f.mu.Lock()
		delete(f.queries, q.id)
		f.mu.Unlock()
		return nil, ctx.Err()
	}
}

// dispatchQuery makes a task of a query, for the worker that has the workflow in its cache, or any other.
func (f *frontend) dispatchQuery(x *execution, q *pendingQuery) {
	f.queries[q.id] = q
	name := x.queue
	if x.sticky != "" {
		if sticky := x.ns.queues[queueKey{x.sticky, false}]; sticky != nil && sticky.pollers.Len() > 0 {
			name = x.sticky
		}
	}
	x.ns.queue(name, false).push(task{ns: x.ns, index: x.index, query: q})
	if name == x.queue {
		return
	}
	ns, index, normal := x.ns, x.index, x.queue
	f.timeouts.after(5*time.Second, func() {
		if f.queries[q.id] == q {
			ns.queue(normal, false).push(task{ns: ns, index: index, query: q})
		}
	})
}

func (f *frontend) queryTask(t task, sticky bool) *workflowservice.PollWorkflowTaskQueueResponse {
	x := t.ns.live[t.index]
	if x == nil || f.queries[t.query.id] == nil {
		return nil
	}
	response := &workflowservice.PollWorkflowTaskQueueResponse{
		TaskToken:                  token{'q', x.ns.number, x.index, t.query.id, 0}.encode(),
		WorkflowExecution:          x.reference(),
		WorkflowType:               x.started.WorkflowType,
		PreviousStartedEventId:     x.previousStarted,
		StartedEventId:             x.previousStarted,
		Attempt:                    1,
		History:                    &historypb.History{},
		Query:                      t.query.query,
		WorkflowExecutionTaskQueue: x.started.TaskQueue,
	}
	if !sticky {
		response.History.Events = x.events
	}
	return response
}

func (f *frontend) RespondQueryTaskCompleted(_ context.Context, r *workflowservice.RespondQueryTaskCompletedRequest) (*workflowservice.RespondQueryTaskCompletedResponse, error) {
	t, err := decodeToken(r.TaskToken, 'q')
	if err != nil {
		return nil, err
	}
	f.mu.Lock()
	q := f.queries[t.id]
	delete(f.queries, t.id)
	f.mu.Unlock()
	if q == nil {
		return nil, serviceerror.NewNotFound("query task not found, or already expired")
	}
	if r.CompletedType == enumspb.QUERY_RESULT_TYPE_FAILED {
		q.finish(nil, serviceerror.NewQueryFailedWithFailure(r.ErrorMessage, r.Failure))
	} else {
		q.finish(&workflowservice.QueryWorkflowResponse{QueryResult: r.QueryResult}, nil)
	}
	return &workflowservice.RespondQueryTaskCompletedResponse{}, nil
}

// answerQueries takes the answers that came with a completed workflow task.
func (c *completion) answerQueries() {
	x := c.x
	kept := x.queries[:0]
	for _, q := range x.queries {
		result := c.request.QueryResults[q.key]
		switch {
		case result == nil:
			kept = append(kept, q)
		case result.ResultType == enumspb.QUERY_RESULT_TYPE_FAILED:
			q.finish(nil, serviceerror.NewQueryFailedWithFailure(result.ErrorMessage, result.Failure))
		default:
			q.finish(&workflowservice.QueryWorkflowResponse{QueryResult: result.Answer}, nil)
		}
	}
	x.queries = kept
}
