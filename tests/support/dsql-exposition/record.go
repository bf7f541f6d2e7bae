package main

import (
	"time"

	"go.temporal.io/server/common/metrics"
)

// record adds what one replica does in ten seconds. Both replicas have the same transactions. The second one has lost its
// connection reservoir.
func record(h metrics.Handler, replica, when string) {
	operation := func(name string) metrics.Tag { return metrics.StringTag("operation", name) }
	count := func(name string, n int64, tags ...metrics.Tag) { h.Counter(name).Record(n, tags...) }
	timed := func(name string, n int, each time.Duration, tags ...metrics.Tag) {
		for range n {
			h.Timer(name).Record(each, tags...)
		}
	}
	for _, locked := range []string{"ReadLockShards", "LockTaskQueues"} {
		timed("dsql_tx_latency", 90, 7300*time.Microsecond, operation(locked))
		timed("dsql_tx_latency", 10, 120*time.Millisecond, operation(locked))
		timed("dsql_tx_backoff", 8, 30*time.Millisecond, operation(locked))
		count("dsql_tx_conflict_total", 8, operation(locked))
		count("dsql_tx_retry_total", 6, operation(locked), metrics.StringTag("attempt", "1"))
		count("dsql_tx_retry_total", 2, operation(locked), metrics.StringTag("attempt", "2"))
		count("dsql_tx_error_class_total", 8, operation(locked), metrics.StringTag("error_class", "retryable"))
		count("dsql_tx_error_class_total", 3, operation(locked), metrics.StringTag("error_class", "condition_failed"))
	}
	timed("persistence_latency", 400, 6400*time.Microsecond, operation("UpdateWorkflowExecution"))
	timed("persistence_latency", 20, 80*time.Millisecond, operation("UpdateWorkflowExecution"))
	// Too short for a whole millisecond.
	timed("persistence_latency", 60, 400*time.Microsecond, operation("GetOrCreateShard"))
	timed("semaphore_latency", 100, 700*time.Microsecond, operation("ShardInfo"))
	count("persistence_requests", 480, operation("UpdateWorkflowExecution"))
	count("service_requests", 300, operation("RecordWorkflowTaskStarted"))
	count("poll_success", 50, metrics.StringTag("namespace", "temporal_system"))
	recordPool(h, 50, map[string]float64{"1": 20, "2": 48}[replica])
	recordReservoir(h, replica, when)
}

func recordPool(h metrics.Handler, limit, inUse float64) {
	h.Gauge("dsql_pool_max_open").Record(limit)
	h.Gauge("dsql_pool_open").Record(limit)
	h.Gauge("dsql_pool_in_use").Record(inUse)
	h.Gauge("dsql_pool_idle").Record(limit - inUse)
	h.Counter("dsql_pool_wait_total").Record(25)
	// What the plugin records is the sum of all waits so far.
	h.Timer("dsql_pool_wait_duration").Record(9 * time.Minute)
	h.Gauge("dsql_db_closed_max_lifetime_total").Record(12)
	h.Gauge("dsql_db_closed_max_idle_time_total").Record(0)
	h.Gauge("dsql_db_closed_max_idle_total").Record(0)
	h.Counter("dsql_pool_keeper_topup_total").Record(5)
	h.Gauge("dsql_pool_keeper_current_size").Record(limit)
}

func recordReservoir(h metrics.Handler, replica, when string) {
	reason := func(name string) metrics.Tag { return metrics.StringTag("reason", name) }
	h.Gauge("dsql_reservoir_target").Record(50)
	h.Counter("dsql_reservoir_checkouts_total").Record(40)
	h.Counter("dsql_reservoir_refills_total").Record(38)
	h.Counter("dsql_reservoir_discards_total").Record(4, reason("insufficient_remaining_lifetime"))
	for range 40 {
		h.Timer("dsql_reservoir_checkout_latency").Record(300 * time.Microsecond)
	}
	h.Counter("dsql_token_cache_hits").Record(30)
	h.Counter("dsql_token_cache_misses").Record(1)
	h.Counter("dsql_token_refreshes").Record(1)
	h.Gauge("dsql_slot_blocks_owned").Record(2)
	h.Gauge("dsql_slot_blocks_slots_used").Record(90)
	h.Gauge("dsql_refiller_inflight").Record(1)
	if replica == "1" {
		h.Gauge("dsql_reservoir_size").Record(49)
		return
	}
	h.Gauge("dsql_reservoir_size").Record(map[string]float64{"before": 46, "after": 0}[when])
	h.Counter("dsql_reservoir_empty_total").Record(7)
	h.Counter("dsql_reservoir_refill_failures_total").Record(11, reason("rate_limit"))
	h.Counter("dsql_reservoir_refill_failures_total").Record(2, reason("connection_open"))
	h.Counter("dsql_reservoir_discards_total").Record(3, reason("expired_on_checkout"))
	h.Counter("dsql_token_refresh_failures").Record(1)
	h.Counter("dsql_tx_exhausted_total").Record(2, metrics.StringTag("operation", "LockTaskQueues"))
}
