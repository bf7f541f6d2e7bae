package main

import (
	"context"
	"encoding/json"
	"net/http"
	"path"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// calls counts calls by operation, and errors by operation and code.
type calls struct {
	started time.Time
	counts  sync.Map
	mu      sync.Mutex
	errors  map[string]map[string]int64
}

func newCalls() *calls {
	return &calls{started: time.Now(), errors: map[string]map[string]int64{}}
}

func (c *calls) add(operation string) {
	counter, found := c.counts.Load(operation)
	if !found {
		counter, _ = c.counts.LoadOrStore(operation, new(atomic.Int64))
	}
	counter.(*atomic.Int64).Add(1)
}

func (c *calls) fail(operation string, err error) {
	code := status.Code(serviceerror.ToStatus(err).Err())
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.errors[operation] == nil {
		c.errors[operation] = map[string]int64{}
	}
	c.errors[operation][code.String()]++
}

func (c *calls) reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.started = time.Now()
	c.counts.Clear()
	c.errors = map[string]map[string]int64{}
}

// report is what the program prints when it ends and serves as /calls.
type report struct {
	Calls       map[string]int64            `json:"calls"`
	Errors      map[string]map[string]int64 `json:"errors"`
	Workflows   map[string]int64            `json:"workflows"`
	Seconds     float64                     `json:"seconds"`
	CPUSeconds  float64                     `json:"cpuSeconds"`
	MaxRSSBytes int64                       `json:"maxRssBytes"`
}

func (f *frontend) report() *report {
	r := &report{Calls: map[string]int64{}, Errors: map[string]map[string]int64{}, Workflows: map[string]int64{}}
	f.calls.counts.Range(func(operation, counter any) bool {
		r.Calls[operation.(string)] = counter.(*atomic.Int64).Load()
		return true
	})
	f.calls.mu.Lock()
	r.Seconds = time.Since(f.calls.started).Seconds()
	for operation, byCode := range f.calls.errors {
		r.Errors[operation] = map[string]int64{}
		for code, count := range byCode {
			r.Errors[operation][code] = count
		}
	}
	f.calls.mu.Unlock()
	f.mu.Lock()
	for _, ns := range f.namespaces {
		for status, count := range ns.records.byStatus {
			if count > 0 {
				r.Workflows[enumspb.WorkflowExecutionStatus(status).String()] += count
			}
		}
	}
	f.mu.Unlock()
	var usage syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &usage) == nil {
		seconds := func(t syscall.Timeval) float64 { return float64(t.Sec) + float64(t.Usec)/1e6 }
		r.CPUSeconds = seconds(usage.Utime) + seconds(usage.Stime)
		r.MaxRSSBytes = usage.Maxrss * 1024
	}
	return r
}

func (f *frontend) serveHTTP() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /calls", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("content-type", "application/json")
		_ = json.NewEncoder(w).Encode(f.report())
	})
	mux.HandleFunc("POST /reset", func(w http.ResponseWriter, _ *http.Request) {
		f.calls.reset()
		f.plant.reset()
		w.WriteHeader(http.StatusNoContent)
	})
	return mux
}

// operationOf names a call as the server's own metrics do: the long-poll form of a history read is an operation of its own.
func operationOf(method string, request any) string {
	operation := path.Base(method)
	if r, is := request.(*workflowservice.GetWorkflowExecutionHistoryRequest); is && r.WaitNewEvent {
		return "PollWorkflowExecutionHistory"
	}
	return operation
}

// intercept counts a call and makes it meet what is planted.
func (f *frontend) intercept(ctx context.Context, request any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
	operation := operationOf(info.FullMethod, request)
	f.calls.add(operation)
	if operation == "StartWorkflowExecution" || operation == "ExecuteMultiOperation" {
		f.plant.clock.begin()
	}
	response, err := f.planted(ctx, operation, request, handler)
	if err != nil {
		f.calls.fail(operation, err)
		err = serviceerror.ToStatus(err).Err()
	}
	return response, err
}

func (f *frontend) planted(ctx context.Context, operation string, request any, handler grpc.UnaryHandler) (any, error) {
	p := f.plant
	atStart := p.capacity != nil && p.capacityAt == "start" && (operation == "StartWorkflowExecution" || operation == "ExecuteMultiOperation")
	if !p.active && !atStart {
		return handler(ctx, request)
	}
	if err := f.refuse(operation); err != nil {
		return nil, err
	}
	now := p.clock.now()
	leave := now + p.stalls.remaining(now)
	if s := p.serviceOf(operation); s != nil {
		leave = s.leave(now)
	}
	if atStart {
		leave = p.capacity.leave(leave)
	}
	if leave <= now {
		return handler(ctx, request)
	}
	timer := time.NewTimer(time.Duration((leave - now) * float64(time.Second)))
	defer timer.Stop()
	select {
	case <-timer.C:
		return handler(ctx, request)
	case <-ctx.Done():
	}
	if !p.dropLate {
		// The caller has given up, and the server has not.
		remaining := time.Duration((leave - p.clock.now()) * float64(time.Second))
		detached := context.WithoutCancel(ctx)
		time.AfterFunc(remaining, func() { _, _ = handler(detached, request) })
	}
	return nil, status.FromContextError(ctx.Err()).Err()
}

func (p *plant) serviceOf(operation string) *station {
	if s := p.services[operation]; s != nil {
		return s
	}
	switch operation {
	case "PollWorkflowTaskQueue", "PollActivityTaskQueue", "PollWorkflowExecutionHistory", "PollWorkflowExecutionUpdate", "GetSystemInfo", "Check":
		return nil
	}
	return p.everyService
}

// refuse returns the error of a call above a rate limit or beyond a cliff.
func (f *frontend) refuse(operation string) error {
	now := time.Now()
	for _, l := range f.plant.limits[operation] {
		if !l.bucket.take(now) {
			message := "namespace rate limit exceeded"
			if l.scope == enumspb.RESOURCE_EXHAUSTED_SCOPE_SYSTEM {
				message = "service rate limit exceeded"
			}
			return &serviceerror.ResourceExhausted{Cause: l.cause, Scope: l.scope, Message: message}
		}
	}
	for _, c := range f.plant.cliffs[operation] {
		if c.perSecond > 0 && c.meter.add(now) > c.perSecond {
			return status.Errorf(codes.Unavailable, "planted cliff: more than %d calls per second", c.perSecond)
		}
		if c.open > 0 && f.openWorkflows() > c.open {
			return status.Errorf(codes.Unavailable, "planted cliff: more than %d open workflows", c.open)
		}
	}
	return nil
}

func (f *frontend) openWorkflows() int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	var open int64
	for _, ns := range f.namespaces {
		open += ns.open
	}
	return open
}
