package main

import (
	"strconv"
	"sync"
	"testing"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
)

func sampleNamespace(n int) *namespace {
	ns := &namespace{records: newRecords()}
	for i := range n {
		at := time.Unix(1000+int64(i), 0)
		index := ns.records.add("run/"+strconv.Itoa(i), record{
			runID: newRunID(), startNanos: at.UnixNano(), workflowType: ns.names.number([]string{"simple", "timer"}[i%2]), child: i%5 == 0,
		})
		if i%3 == 0 {
			ns.records.close(index, enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED, at.Add(time.Second).UnixNano())
		}
	}
	return ns
}

func count(t *testing.T, ns *namespace, text string) int {
	t.Helper()
	q, err := parseQuery(text)
	if err != nil {
		t.Fatal(err)
	}
	var lock sync.Mutex
	n := 0
	ns.records.scan(&lock, ns.records.count-1, func(_ int32, rec *record) bool {
		if q.matches(ns, rec) {
			n++
		}
		return true
	})
	return n
}

func TestQueriesCount(t *testing.T) {
	ns := sampleNamespace(30000)
	for text, want := range map[string]int{
		"":                                   30000,
		"WorkflowId STARTS_WITH 'run/2999'":  11,
		"WorkflowId = \"run/7\"":             1,
		"ExecutionStatus = 'Completed'":      10000,
		"ExecutionStatus != 'Completed'":     20000,
		"ParentWorkflowId IS NULL":           24000,
		"ParentWorkflowId IS NOT NULL":       6000,
		"WorkflowType IN ('timer', 'other')": 15000,
		"CloseTime IS NULL":                  20000,
		"CloseTime >= '1970-01-01T00:16:41Z' AND CloseTime < '1970-01-01T00:16:44.5Z'":                                             2,
		"StartTime BETWEEN '1970-01-01T00:16:40Z' AND '1970-01-01T00:16:49Z' AND WorkflowType = 'simple' GROUP BY ExecutionStatus": 5,
	} {
		if got := count(t, ns, text); got != want {
			t.Errorf("%s: got %d, want %d", text, got, want)
		}
	}
	for _, text := range []string{"A = 1 OR B = 2", "WorkflowId LIKE 'x'", "CustomField = 'x'", "GROUP BY WorkflowType", "CloseTime > 'yesterday'"} {
		if _, err := parseQuery(text); err == nil {
			t.Errorf("%s: no error", text)
		}
	}
}

func TestRecordsFindTheNewestAndEachRun(t *testing.T) {
	r := newRecords()
	first, second := newRunID(), newRunID()
	a := r.add("id", record{runID: first})
	r.close(a, enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED, 1)
	b := r.add("id", record{runID: second})
	if r.find("id", "") != b || r.find("id", formatUUID(first)) != a || r.find("other", "") != -1 || r.find("id", "none") != -1 {
		t.Error("an execution is not found, or one that does not exist is")
	}
	if r.byStatus[enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED] != 1 || r.byStatus[enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING] != 1 {
		t.Errorf("counts by status: %v", r.byStatus)
	}
}
