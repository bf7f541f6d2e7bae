package main

import (
	"context"
	"errors"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
)

// workload is one kind of workflow, with the names that load-workflows/ uses, so that the histories are alike.
type workload struct {
	workflowType string
	input        func(*settings) []any
	// messages is what a workflow is sent after its start: signal, update or nothing.
	messages string
}

func none(*settings) []any { return nil }

var workloads = map[string]workload{
	"simple": {"simple", none, ""},
	"multi-activity": {"multiActivity", func(s *settings) []any {
		return []any{multiActivityInput{s.activities, s.activityConcurrency}}
	}, ""},
	"timer":             {"timer", func(s *settings) []any { return []any{timerInput{s.timer.Milliseconds()}} }, ""},
	"child-workflow":    {"childWorkflow", func(s *settings) []any { return []any{childWorkflowInput{s.children}} }, ""},
	"state-transitions": {"stateTransitions", func(*settings) []any { return []any{multiActivityInput{10, 1}} }, ""},
	"signal":            {"signalled", func(s *settings) []any { return []any{messagesInput{s.messages}} }, "signal"},
	"update":            {"updated", func(s *settings) []any { return []any{messagesInput{s.messages}} }, "update"},
}

const poke = "poke"

type (
	multiActivityInput struct {
		Activities int `json:"activities"`
		AtOnce     int `json:"atOnce"`
	}
	timerInput struct {
		DurationMs int64 `json:"durationMs"`
	}
	childWorkflowInput struct {
		Children int `json:"children"`
	}
	messagesInput struct {
		Messages int `json:"messages"`
	}
)

func simple(workflow.Context) error { return nil }

func multiActivity(ctx workflow.Context, input multiActivityInput) error {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: time.Minute})
	next := 0
	lanes := workflow.NewWaitGroup(ctx)
	var failed error
	for range min(max(1, input.AtOnce), input.Activities) {
		lanes.Add(1)
		workflow.Go(ctx, func(ctx workflow.Context) {
			defer lanes.Done()
			for next < input.Activities && failed == nil {
				next++
				if err := workflow.ExecuteActivity(ctx, "noop").Get(ctx, nil); err != nil {
					failed = err
				}
			}
		})
	}
	lanes.Wait(ctx)
	return failed
}

func timer(ctx workflow.Context, input timerInput) error {
	return workflow.Sleep(ctx, time.Duration(input.DurationMs)*time.Millisecond)
}

func childWorkflow(ctx workflow.Context, input childWorkflowInput) error {
	children := make([]workflow.ChildWorkflowFuture, input.Children)
	for i := range children {
		children[i] = workflow.ExecuteChildWorkflow(ctx, "simple")
	}
	for _, one := range children {
		if err := one.Get(ctx, nil); err != nil {
			return err
		}
	}
	return nil
}

func signalled(ctx workflow.Context, input messagesInput) error {
	pokes := workflow.GetSignalChannel(ctx, poke)
	for range input.Messages {
		pokes.Receive(ctx, nil)
	}
	return nil
}

func updated(ctx workflow.Context, input messagesInput) error {
	had := 0
	err := workflow.SetUpdateHandlerWithOptions(ctx, poke, func(workflow.Context) (int, error) {
		had++
		return had, nil
	}, workflow.UpdateHandlerOptions{Validator: func() error {
		if had == input.Messages {
			return errors.New("has had its updates")
		}
		return nil
	}})
	if err != nil {
		return err
	}
	return workflow.Await(ctx, func() bool { return had == input.Messages })
}

func noop(context.Context) error { return nil }

func register(w worker.Worker) {
	for name, function := range map[string]any{
		"simple": simple, "multiActivity": multiActivity, "stateTransitions": multiActivity, "timer": timer,
		"childWorkflow": childWorkflow, "signalled": signalled, "updated": updated,
	} {
		w.RegisterWorkflowWithOptions(function, workflow.RegisterOptions{Name: name})
	}
	w.RegisterActivity(noop)
}

// execute starts one workflow, sends it its messages and waits for its result. It returns when the start was
// acknowledged, and when the workflow had completed.
func execute(ctx context.Context, c client.Client, s *settings, id string, started func()) error {
	one := workloads[s.workload]
	run, err := c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: id, TaskQueue: s.taskQueue}, one.workflowType, one.input(s)...)
	if err != nil {
		return err
	}
	started()
	for range s.messages {
		switch one.messages {
		case "signal":
			err = c.SignalWorkflow(ctx, id, run.GetRunID(), poke, nil)
		case "update":
			var handle client.WorkflowUpdateHandle
			if handle, err = c.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{
				WorkflowID: id, RunID: run.GetRunID(), UpdateName: poke, WaitForStage: client.WorkflowUpdateStageCompleted,
			}); err == nil {
				err = handle.Get(ctx, nil)
			}
		}
		if err != nil {
			return err
		}
	}
	return run.Get(ctx, nil)
}
