package main

import (
	"container/list"
	"context"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	"google.golang.org/protobuf/types/known/durationpb"
)

type queueKey struct {
	name     string
	activity bool
}

// task is what a poller takes: a workflow task, an activity task (by its scheduled event) or a query.
type task struct {
	ns      *namespace
	index   int32
	id      int64
	attempt int32
	query   *pendingQuery
	added   time.Time
}

// queue is one task queue: tasks or pollers wait, never both.
type queue struct {
	tasks      []task
	head       int
	pollers    list.List
	identities map[string]time.Time
	lastPoll   time.Time
	added      rates
	dispatched rates
}

type poller struct{ tasks chan task }

func (ns *namespace) queue(name string, activity bool) *queue {
	key := queueKey{name, activity}
	q := ns.queues[key]
	if q == nil {
		q = &queue{identities: map[string]time.Time{}}
		ns.queues[key] = q
	}
	return q
}

// push hands a task to a poller that waits, or keeps it; the caller holds the lock.
func (q *queue) push(t task) {
	t.added = time.Now()
	q.added.add(t.added)
	q.place(t)
}

func (q *queue) place(t task) {
	if waiting := q.pollers.Front(); waiting != nil {
		q.pollers.Remove(waiting).(*poller).tasks <- t
		return
	}
	if q.head > 1024 && q.head*2 > len(q.tasks) {
		q.tasks = append(q.tasks[:0], q.tasks[q.head:]...)
		q.head = 0
	}
	q.tasks = append(q.tasks, t)
}

// pop takes the oldest task; the caller holds the lock.
func (q *queue) pop() (task, bool) {
	if q.head == len(q.tasks) {
		q.tasks, q.head = q.tasks[:0], 0
		return task{}, false
	}
	t := q.tasks[q.head]
	q.tasks[q.head] = task{}
	q.head++
	return t, true
}

func (q *queue) backlog() int { return len(q.tasks) - q.head }

// longPoll waits for a task of the queue that start accepts. It returns false when the caller's deadline is near or the
// server's own limit is reached, and an error when the request has no deadline, as the real server does.
func (f *frontend) longPoll(ctx context.Context, namespaceName, queueName, identity string, activity bool, start func(task, time.Duration) bool) (bool, error) {
	const longest, budget = time.Minute, time.Second
	deadline, set := ctx.Deadline()
	if !set {
		return false, serviceerror.NewInvalidArgument("Context timeout is not set.")
	}
	if queueName == "" {
		return false, serviceerror.NewInvalidArgument("TaskQueue is not set on request.")
	}
	begun := time.Now()
	remaining := deadline.Sub(begun)
	if remaining < 2*budget {
		return false, serviceerror.NewInvalidArgument("Context timeout is too short.")
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	ns, err := f.namespace(namespaceName)
	if err != nil {
		return false, err
	}
	q := ns.queue(queueName, activity)
	q.identities[identity] = begun
	timer := time.NewTimer(min(longest, remaining-budget))
	defer timer.Stop()
	for {
		for t, found := q.pop(); found; t, found = q.pop() {
			if start(t, time.Since(begun)) {
				q.dispatched.add(time.Now())
				return true, nil
			}
		}
		p := &poller{tasks: make(chan task, 1)}
		q.lastPoll = time.Now()
		place := q.pollers.PushBack(p)
		f.mu.Unlock()
		var t task
		received := false
		select {
		case t = <-p.tasks:
			received = true
		case <-ctx.Done():
		case <-timer.C:
		}
		f.mu.Lock()
		q.lastPoll = time.Now()
		if !received {
			q.pollers.Remove(place)
			select {
			case t = <-p.tasks:
				received = true
			default:
				return false, nil
			}
		}
		if ctx.Err() != nil {
			// This poller has gone; another one shall have the task.
			q.place(t)
			return false, nil
		}
		if start(t, time.Since(begun)) {
			q.dispatched.add(time.Now())
			return true, nil
		}
	}
}

// scaling advises pollers that scale themselves, as the real server does: fewer where one waited a second, more where
// tasks wait.
func (q *queue) scaling(waited time.Duration) *taskqueuepb.PollerScalingDecision {
	switch {
	case waited >= time.Second:
		return &taskqueuepb.PollerScalingDecision{PollRequestDeltaSuggestion: -1}
	case q.backlog() > 0:
		return &taskqueuepb.PollerScalingDecision{PollRequestDeltaSuggestion: 1}
	}
	return nil
}

func (q *queue) stats() *taskqueuepb.TaskQueueStats {
	now := time.Now()
	stats := &taskqueuepb.TaskQueueStats{
		ApproximateBacklogCount: int64(q.backlog()),
		ApproximateBacklogAge:   durationpb.New(0),
		TasksAddRate:            q.added.perSecond(now),
		TasksDispatchRate:       q.dispatched.perSecond(now),
	}
	if q.backlog() > 0 {
		stats.ApproximateBacklogAge = durationpb.New(now.Sub(q.tasks[q.head].added))
	}
	return stats
}

func (q *queue) pollerInfos() []*taskqueuepb.PollerInfo {
	var infos []*taskqueuepb.PollerInfo
	for identity, last := range q.identities {
		if time.Since(last) > 5*time.Minute {
			delete(q.identities, identity)
			continue
		}
		infos = append(infos, &taskqueuepb.PollerInfo{Identity: identity, LastAccessTime: timestamp(last), RatePerSecond: 100000})
	}
	return infos
}

// rates counts events in seconds.
type rates struct {
	counts  [8]int32
	seconds [8]int64
}

func (r *rates) add(now time.Time) {
	second := now.Unix()
	slot := second % 8
	if r.seconds[slot] != second {
		r.seconds[slot], r.counts[slot] = second, 0
	}
	r.counts[slot]++
}

// perSecond returns the mean of the last five whole seconds.
func (r *rates) perSecond(now time.Time) float32 {
	var sum int32
	for slot, second := range r.seconds {
		if age := now.Unix() - second; age >= 1 && age <= 5 {
			sum += r.counts[slot]
		}
	}
	return float32(sum) / 5
}

// enqueueTask puts the pending workflow task of an execution on its queue: the sticky one while its worker polls it.
func (f *frontend) enqueueTask(x *execution) {
	wt := x.task
	name := x.queue
	if x.sticky != "" {
		q := x.ns.queues[queueKey{x.sticky, false}]
		if q != nil && (q.pollers.Len() > 0 || time.Since(q.lastPoll) < 10*time.Second) {
			name = x.sticky
			f.armStickyTimeout(x, wt.stamp)
		} else {
			x.sticky = ""
		}
	}
	x.ns.queue(name, false).push(task{ns: x.ns, index: x.index, id: wt.stamp})
}

func (f *frontend) armStickyTimeout(x *execution, stamp int64) {
	ns, index := x.ns, x.index
	f.timeouts.after(x.stickyTimeout, func() {
		x := ns.live[index]
		if x == nil || x.closed || x.task == nil || x.task.stamp != stamp || x.task.started {
			return
		}
		f.timeOutTask(x, enumspb.TIMEOUT_TYPE_SCHEDULE_TO_START)
	})
}
