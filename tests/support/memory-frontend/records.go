package main

import (
	"hash/maphash"
	"sync"

	enumspb "go.temporal.io/api/enums/v1"
)

const recordsPerChunk = 4096

// record is what visibility knows of one workflow execution. It holds no pointers, so that millions of records cost the
// garbage collector nothing.
type record struct {
	runID        [16]byte
	startNanos   int64
	closeNanos   int64
	idChunk      uint32
	idOffset     uint32
	workflowType uint32
	taskQueue    uint32
	historySize  uint32
	older        int32
	idLength     uint16
	historyCount uint32
	status       uint8
	child        bool
}

// records holds every execution of one namespace, in the order of their starts, and finds them by workflow ID.
type records struct {
	chunks   [][]record
	count    int32
	ids      [][]byte
	newest   map[uint64]int32
	seed     maphash.Seed
	byStatus [16]int64
}

func newRecords() *records {
	return &records{newest: map[uint64]int32{}, seed: maphash.MakeSeed()}
}

func (r *records) at(index int32) *record {
	return &r.chunks[index/recordsPerChunk][index%recordsPerChunk]
}

func (r *records) id(rec *record) string {
	return string(r.idBytes(rec))
}

func (r *records) idBytes(rec *record) []byte {
	return r.ids[rec.idChunk][rec.idOffset : rec.idOffset+uint32(rec.idLength)]
}

// add appends a record of a running execution and makes it the newest of its workflow ID.
func (r *records) add(id string, rec record) int32 {
	const idBytesPerChunk = 1 << 20
	if len(r.ids) == 0 || len(r.ids[len(r.ids)-1])+len(id) > idBytesPerChunk {
		r.ids = append(r.ids, make([]byte, 0, idBytesPerChunk))
	}
	last := len(r.ids) - 1
	rec.idChunk, rec.idOffset, rec.idLength = uint32(last), uint32(len(r.ids[last])), uint16(len(id))
	r.ids[last] = append(r.ids[last], id...)
	if int(r.count)%recordsPerChunk == 0 {
		r.chunks = append(r.chunks, make([]record, recordsPerChunk))
	}
	index := r.count
	r.count++
	hash := maphash.String(r.seed, id)
	rec.older = -1
	if older, found := r.newest[hash]; found {
		rec.older = older
	}
	r.newest[hash] = index
	rec.status = uint8(enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING)
	*r.at(index) = rec
	r.byStatus[rec.status]++
	return index
}

// find returns the newest execution of a workflow ID, or the one with the given run ID, or -1.
func (r *records) find(id string, runID string) int32 {
	index, found := r.newest[maphash.String(r.seed, id)]
	if !found {
		return -1
	}
	for ; index >= 0; index = r.at(index).older {
		rec := r.at(index)
		if string(r.idBytes(rec)) == id && (runID == "" || formatUUID(rec.runID) == runID) {
			return index
		}
	}
	return -1
}

func (r *records) close(index int32, status enumspb.WorkflowExecutionStatus, closeNanos int64) {
	rec := r.at(index)
	r.byStatus[rec.status]--
	rec.status, rec.closeNanos = uint8(status), closeNanos
	r.byStatus[rec.status]++
}

// scan calls visit for every record, the newest first, until visit returns false. It gives the lock up between batches,
// so that a count of millions does not stop the server.
func (r *records) scan(lock *sync.Mutex, from int32, visit func(index int32, rec *record) bool) {
	const batch = 8192
	for index := from; index >= 0; {
		lock.Lock()
		for end := max(index-batch, -1); index > end; index-- {
			if !visit(index, r.at(index)) {
				lock.Unlock()
				return
			}
		}
		lock.Unlock()
	}
}

// interned gives a number to each distinct string.
type interned struct {
	numbers map[string]uint32
	strings []string
}

func (n *interned) number(s string) uint32 {
	if number, found := n.numbers[s]; found {
		return number
	}
	if n.numbers == nil {
		n.numbers = map[string]uint32{}
	}
	number := uint32(len(n.strings))
	n.strings = append(n.strings, s)
	n.numbers[s] = number
	return number
}
