// Command go-baseline is a plain client and worker on the Temporal Go SDK, as one would write them by hand to benchmark
// a cluster. README.md describes it.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"math"
	"os"
	"os/signal"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"
)

type settings struct {
	address, namespace, taskQueue, workload, idPrefix string
	rate                                              float64
	duration, timer, wait                             time.Duration
	saturate                                          bool
	inflight, count                                   int
	warmUp                                            int
	activities, activityConcurrency                   int
	children, messages                                int
	slots, pollers                                    int
	role                                              string
}

// result is what the program prints, one line of JSON.
type result struct {
	Workload    string             `json:"workload"`
	Scheduled   int                `json:"scheduled"`
	Started     int64              `json:"started"`
	Completed   int64              `json:"completed"`
	Errors      map[string]int     `json:"errors"`
	LatencyMs   map[string]float64 `json:"latencyMs"`
	Seconds     float64            `json:"seconds"`
	Rate        float64            `json:"ratePerSecond"`
	CPUSeconds  float64            `json:"cpuSeconds"`
	CPUMs       float64            `json:"cpuMsPerWorkflow"`
	MaxRSSBytes int64              `json:"maxRssBytes"`
}

func main() {
	s := &settings{}
	flag.StringVar(&s.address, "address", "127.0.0.1:7233", "address of the frontend")
	flag.StringVar(&s.namespace, "namespace", "default", "namespace, which has to exist")
	flag.StringVar(&s.taskQueue, "task-queue", "go-baseline", "task queue")
	flag.StringVar(&s.workload, "workload", "simple", "simple, multi-activity, timer, child-workflow, state-transitions, signal or update")
	flag.StringVar(&s.idPrefix, "id-prefix", "", "prefix of workflow IDs; empty: one of this process")
	flag.Float64Var(&s.rate, "rate", 10, "starts per second, at even distances, whatever the server does (open loop)")
	flag.DurationVar(&s.duration, "duration", 10*time.Second, "how long workflows are started")
	flag.DurationVar(&s.wait, "wait", 30*time.Second, "how long the last workflows may take after that")
	flag.BoolVar(&s.saturate, "saturate", false, "closed loop as fast as possible; needs -inflight and -count, not -rate and -duration")
	flag.IntVar(&s.inflight, "inflight", 200, "workflows at once with -saturate")
	flag.IntVar(&s.count, "count", 10000, "workflows in all with -saturate")
	flag.IntVar(&s.warmUp, "warm-up", 0, "workflows that are executed before anything is measured")
	flag.IntVar(&s.activities, "activities", 5, "activities of multi-activity")
	flag.IntVar(&s.activityConcurrency, "activity-concurrency", 1, "how many of them run at once")
	flag.DurationVar(&s.timer, "timer", time.Second, "duration of timer")
	flag.IntVar(&s.children, "children", 3, "children of child-workflow")
	flag.IntVar(&s.messages, "messages", 1, "messages of signal and update")
	flag.IntVar(&s.slots, "slots", 1000, "tasks of each kind that the worker executes at once (the SDK's default)")
	flag.IntVar(&s.pollers, "pollers", 10, "pollers of each kind; workloads without activities poll workflow tasks only; 0: the SDK scales them")
	flag.StringVar(&s.role, "role", "both", "client, worker or both; a worker runs until SIGTERM")
	flag.Parse()
	if err := run(s); err != nil {
		fmt.Fprintln(os.Stderr, "go-baseline:", err)
		os.Exit(1)
	}
}

func run(s *settings) error {
	if _, known := workloads[s.workload]; !known {
		return fmt.Errorf("-workload %q: expected simple, multi-activity, timer, child-workflow, state-transitions, signal or update", s.workload)
	}
	if s.idPrefix == "" {
		s.idPrefix = fmt.Sprintf("go-baseline-%d-%d/", os.Getpid(), time.Now().UnixMilli())
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	quiet := log.NewStructuredLogger(slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})))
	c, err := client.DialContext(ctx, client.Options{HostPort: s.address, Namespace: s.namespace, Logger: quiet})
	if err != nil {
		return err
	}
	defer c.Close()
	if s.role != "client" {
		w := worker.New(c, s.taskQueue, workerOptions(s))
		register(w)
		if err := w.Start(); err != nil {
			return err
		}
		defer w.Stop()
	}
	if s.role == "worker" {
		<-ctx.Done()
		return json.NewEncoder(os.Stdout).Encode(usage(&result{Workload: s.workload}))
	}
	return json.NewEncoder(os.Stdout).Encode(load(ctx, c, s))
}

func workerOptions(s *settings) worker.Options {
	options := worker.Options{
		MaxConcurrentWorkflowTaskExecutionSize: s.slots,
		MaxConcurrentActivityExecutionSize:     s.slots,
		DisableRegistrationAliasing:            true,
	}
	if s.pollers > 0 {
		options.MaxConcurrentWorkflowTaskPollers, options.MaxConcurrentActivityTaskPollers = max(2, s.pollers), s.pollers
	} else {
		options.WorkflowTaskPollerBehavior = worker.NewPollerBehaviorAutoscaling(worker.PollerBehaviorAutoscalingOptions{})
		options.ActivityTaskPollerBehavior = worker.NewPollerBehaviorAutoscaling(worker.PollerBehaviorAutoscalingOptions{})
	}
	switch s.workload {
	case "multi-activity", "state-transitions":
	default:
		options.LocalActivityWorkerOnly = true
	}
	return options
}

// measurement is what all executions add to.
type measurement struct {
	started, completed atomic.Int64
	mu                 sync.Mutex
	latencies          []float64
	errors             map[string]int
}

func (m *measurement) end(due time.Time, err error) {
	latency := float64(time.Since(due)) / 1e6
	m.mu.Lock()
	defer m.mu.Unlock()
	if err != nil {
		m.errors[nameOf(err)]++
		return
	}
	m.completed.Add(1)
	m.latencies = append(m.latencies, latency)
}

func nameOf(err error) string {
	var exhausted *serviceerror.ResourceExhausted
	if errors.As(err, &exhausted) {
		return "ResourceExhausted/" + exhausted.Cause.String()
	}
	var service serviceerror.ServiceError
	if errors.As(err, &service) {
		return service.Status().Code().String()
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return "Unfinished"
	}
	return strings.TrimPrefix(fmt.Sprintf("%T", err), "*")
}

func load(ctx context.Context, c client.Client, s *settings) *result {
	warm := &measurement{errors: map[string]int{}}
	if s.warmUp > 0 {
		closedLoop(ctx, c, s, warm, "warm-up-", s.warmUp)
	}
	m := &measurement{errors: map[string]int{}}
	before := usage(&result{})
	begun := time.Now()
	scheduled := s.count
	if s.saturate {
		m.latencies = make([]float64, 0, s.count)
		closedLoop(ctx, c, s, m, "", s.count)
	} else {
		scheduled = openLoop(ctx, c, s, m)
	}
	r := usage(&result{Workload: s.workload, Scheduled: scheduled, Started: m.started.Load(), Completed: m.completed.Load(), Errors: m.errors})
	r.CPUSeconds -= before.CPUSeconds
	r.Seconds = time.Since(begun).Seconds()
	r.Rate = float64(r.Completed) / r.Seconds
	r.CPUMs = r.CPUSeconds * 1000 / float64(max(1, r.Completed))
	slices.Sort(m.latencies)
	r.LatencyMs = map[string]float64{}
	for name, share := range map[string]float64{"p50": 0.5, "p95": 0.95, "p99": 0.99, "max": 1} {
		if n := len(m.latencies); n > 0 {
			r.LatencyMs[name] = m.latencies[max(0, int(math.Ceil(share*float64(n)))-1)]
		}
	}
	return r
}

func closedLoop(ctx context.Context, c client.Client, s *settings, m *measurement, infix string, count int) {
	var next atomic.Int64
	var lanes sync.WaitGroup
	for range min(s.inflight, count) {
		lanes.Go(func() {
			for n := next.Add(1); n <= int64(count) && ctx.Err() == nil; n = next.Add(1) {
				begun := time.Now()
				m.end(begun, execute(ctx, c, s, fmt.Sprintf("%s%s%d", s.idPrefix, infix, n), func() { m.started.Add(1) }))
			}
		})
	}
	lanes.Wait()
}

// openLoop starts a workflow whenever one is due, however many are open. Latency counts from the due time.
func openLoop(ctx context.Context, c client.Client, s *settings, m *measurement) int {
	total := int(s.rate * s.duration.Seconds())
	ctx, cancel := context.WithTimeout(ctx, s.duration+s.wait)
	defer cancel()
	begun := time.Now()
	var open sync.WaitGroup
	scheduled := 0
	for ; scheduled < total && ctx.Err() == nil; scheduled++ {
		due := begun.Add(time.Duration(float64(scheduled) / s.rate * float64(time.Second)))
		time.Sleep(time.Until(due))
		id := fmt.Sprintf("%s%d", s.idPrefix, scheduled)
		open.Go(func() {
			m.end(due, execute(ctx, c, s, id, func() { m.started.Add(1) }))
		})
	}
	open.Wait()
	return scheduled
}

func usage(r *result) *result {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) == nil {
		seconds := func(t syscall.Timeval) float64 { return float64(t.Sec) + float64(t.Usec)/1e6 }
		r.CPUSeconds = seconds(u.Utime) + seconds(u.Stime)
		r.MaxRSSBytes = u.Maxrss * 1024
	}
	return r
}
