// Command memory-frontend is a Temporal frontend that keeps everything in memory, with planted behavior: capacity,
// service times, rate limits, stalls, cliffs. README.md describes it.
package main

import (
	"container/list"
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"
	"sync"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	namespacepb "go.temporal.io/api/namespace/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// frontend holds all state behind one lock: what happens under it takes a few microseconds, and one lock is simple.
type frontend struct {
	workflowservice.UnimplementedWorkflowServiceServer
	operatorservice.UnimplementedOperatorServiceServer

	settings *settings
	plant    *plant
	calls    *calls

	mu           sync.Mutex
	namespaces   map[string]*namespace
	byNumber     []*namespace
	queries      map[int64]*pendingQuery
	lastQuery    int64
	batches      map[string]*workflowservice.DescribeBatchOperationResponse
	timeouts     wheel
	clusterID    string
	closedOldest list.List
	closedBytes  int64
	taskID       int64
}

// namespace is one namespace and its workflows.
type namespace struct {
	number    uint32
	id, name  string
	info      *namespacepb.NamespaceInfo
	config    *namespacepb.NamespaceConfig
	names     interned
	records   *records
	live      map[int32]*execution
	queues    map[queueKey]*queue
	open      int64
	topLevel  int64
	startedBy map[string]int64
}

func newFrontend(s *settings, p *plant) *frontend {
	f := &frontend{
		settings:   s,
		plant:      p,
		calls:      newCalls(),
		namespaces: map[string]*namespace{},
		queries:    map[int64]*pendingQuery{},
		batches:    map[string]*workflowservice.DescribeBatchOperationResponse{},
		clusterID:  newUUID(),
		taskID:     1 << 20,
	}
	f.timeouts.run(&f.mu)
	return f
}

// addNamespace adds a namespace; the caller holds the lock.
func (f *frontend) addNamespace(name, description, owner string, data map[string]string, retention *durationpb.Duration) *namespace {
	ns := &namespace{
		number:  uint32(len(f.byNumber)),
		id:      newUUID(),
		name:    name,
		records: newRecords(),
		live:    map[int32]*execution{},
		queues:  map[queueKey]*queue{},
		config:  &namespacepb.NamespaceConfig{WorkflowExecutionRetentionTtl: retention},
	}
	ns.info = &namespacepb.NamespaceInfo{
		Name: name, Id: ns.id, State: enumspb.NAMESPACE_STATE_REGISTERED,
		Description: description, OwnerEmail: owner, Data: data,
		Capabilities: &namespacepb.NamespaceInfo_Capabilities{
			EagerWorkflowStart: true, SyncUpdate: true, AsyncUpdate: true, PollerAutoscaling: true,
		},
	}
	f.namespaces[name] = ns
	f.byNumber = append(f.byNumber, ns)
	return ns
}

// namespace returns a namespace by name; the caller holds the lock.
func (f *frontend) namespace(name string) (*namespace, error) {
	if ns := f.namespaces[name]; ns != nil {
		return ns, nil
	}
	if name == "" {
		return nil, serviceerror.NewInvalidArgument("Namespace not set on request.")
	}
	return nil, serviceerror.NewNamespaceNotFound(name)
}

// find returns an execution whose history is in memory; the caller holds the lock.
func (f *frontend) find(namespaceName string, of *commonpb.WorkflowExecution) (*execution, error) {
	ns, err := f.namespace(namespaceName)
	if err != nil {
		return nil, err
	}
	index := ns.records.find(of.GetWorkflowId(), of.GetRunId())
	if index < 0 {
		return nil, serviceerror.NewNotFoundf("workflow not found for ID: %v", of.GetWorkflowId())
	}
	if x := ns.live[index]; x != nil {
		return x, nil
	}
	return nil, serviceerror.NewNotFoundf("workflow %v is closed and its history was dropped (-keep-histories, -keep-bytes)", of.GetWorkflowId())
}

// findOpen returns an execution that is running; the caller holds the lock.
func (f *frontend) findOpen(namespaceName string, of *commonpb.WorkflowExecution) (*execution, error) {
	ns, err := f.namespace(namespaceName)
	if err != nil {
		return nil, err
	}
	index := ns.records.find(of.GetWorkflowId(), of.GetRunId())
	if index < 0 {
		return nil, serviceerror.NewNotFoundf("workflow not found for ID: %v", of.GetWorkflowId())
	}
	x := ns.live[index]
	if x == nil || x.closed {
		return nil, serviceerror.NewNotFound("workflow execution already completed")
	}
	return x, nil
}

// keepClosed keeps the history of an execution that has closed until newer ones need its place.
func (f *frontend) keepClosed(x *execution) {
	f.closedOldest.PushBack(x)
	f.closedBytes += x.bytes
	for f.closedOldest.Len() > f.settings.keepHistories || f.closedBytes > f.settings.keepBytes {
		oldest := f.closedOldest.Front()
		if oldest == nil {
			return
		}
		dropped := f.closedOldest.Remove(oldest).(*execution)
		f.closedBytes -= dropped.bytes
		delete(dropped.ns.live, dropped.index)
	}
}

// A token names a task: a workflow task, an activity task or a query.
type token struct {
	kind      byte
	namespace uint32
	execution int32
	id        int64
	attempt   int32
}

func (t token) encode() []byte {
	b := make([]byte, 0, 21)
	b = append(b, t.kind)
	b = binary.BigEndian.AppendUint32(b, t.namespace)
	b = binary.BigEndian.AppendUint32(b, uint32(t.execution))
	b = binary.BigEndian.AppendUint64(b, uint64(t.id))
	return binary.BigEndian.AppendUint32(b, uint32(t.attempt))
}

func decodeToken(b []byte, kind byte) (token, error) {
	if len(b) != 21 || b[0] != kind {
		return token{}, serviceerror.NewInvalidArgument("Invalid TaskToken.")
	}
	return token{
		kind:      b[0],
		namespace: binary.BigEndian.Uint32(b[1:]),
		execution: int32(binary.BigEndian.Uint32(b[5:])),
		id:        int64(binary.BigEndian.Uint64(b[9:])),
		attempt:   int32(binary.BigEndian.Uint32(b[17:])),
	}, nil
}

// executionOf returns the running execution that a token names, or nil; the caller holds the lock.
func (f *frontend) executionOf(t token) *execution {
	if int(t.namespace) >= len(f.byNumber) || f.byNumber[t.namespace] == nil {
		return nil
	}
	x := f.byNumber[t.namespace].live[t.execution]
	if x == nil || x.closed {
		return nil
	}
	return x
}

func newRunID() (id [16]byte) {
	binary.BigEndian.PutUint64(id[:8], rand.Uint64())
	binary.BigEndian.PutUint64(id[8:], rand.Uint64())
	id[6] = id[6]&0x0f | 0x40
	id[8] = id[8]&0x3f | 0x80
	return id
}

func formatUUID(id [16]byte) string {
	var text [36]byte
	hex.Encode(text[0:8], id[0:4])
	hex.Encode(text[9:13], id[4:6])
	hex.Encode(text[14:18], id[6:8])
	hex.Encode(text[19:23], id[8:10])
	hex.Encode(text[24:], id[10:])
	text[8], text[13], text[18], text[23] = '-', '-', '-', '-'
	return string(text[:])
}

func newUUID() string { return formatUUID(newRunID()) }

func timestamp(t time.Time) *timestamppb.Timestamp {
	return &timestamppb.Timestamp{Seconds: t.Unix(), Nanos: int32(t.Nanosecond())}
}

// wheel calls functions after a delay, at most one tick late. It is cheap, because nothing is ever cancelled: what is
// called checks by itself whether it still matters.
type wheel struct {
	buckets map[int64][]func()
}

const wheelTick = 50 * time.Millisecond

// after calls what, with the frontend's lock held, once the delay is over; the caller holds the lock.
func (w *wheel) after(delay time.Duration, what func()) {
	at := time.Now().Add(delay).UnixNano()/int64(wheelTick) + 1
	w.buckets[at] = append(w.buckets[at], what)
}

func (w *wheel) run(lock *sync.Mutex) {
	w.buckets = map[int64][]func(){}
	next := time.Now().UnixNano() / int64(wheelTick)
	go func() {
		for range time.Tick(wheelTick) {
			lock.Lock()
			for now := time.Now().UnixNano() / int64(wheelTick); next <= now; next++ {
				for _, what := range w.buckets[next] {
					what()
				}
				delete(w.buckets, next)
			}
			lock.Unlock()
		}
	}()
}
