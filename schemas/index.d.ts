// Generated from the JSON Schemas in this folder by `npm run generate`.

/** The result of one run of temporal-benchmark */
export interface BenchmarkResult {
  schemaVersion: 2;
  /** When the run started */
  timestamp: string;
  runId: string;
  workflowId: string;
  namespace: string;
  outcome: "PASSED" | "ERROR" | "FAILED" | "BAD_CONFIGURATION" | "ABORTED" | "INVALID" | "UNACCOUNTED" | "CLEANUP_INCOMPLETE";
  outcomes: Array<string>;
  exitCode: number;
  error?: string;
  abortReason?: string;
  /** The complete spec; pass it to --spec to repeat the run */
  config: Record<string, unknown>;
  /** What executed the workflows: the generators, hosts with the Temporal SDK, or other workers */
  executor?: "lean" | "sdk" | "external";
  passed: boolean;
  failureReasons: Array<string>;
  results: {
    workflowsStarted: number;
    workflowsCompleted: number;
    workflowsFailed: number;
    /** Completions per second during the hold */
    actualRate: number;
    errorRate: number;
    /** Per second of the step */
    rates: {
      target: number;
      scheduled: number;
      sent: number;
      acknowledged: number;
      completed: number;
    };
    /** Milliseconds; 0 without samples */
    latency: {
      p50: number;
      p95: number;
      p99: number;
      p999: number;
      max: number;
      mean: number;
      count: number;
      /** Whether there are enough samples for each percentile to be meaningful */
      sufficient: {
        p50: boolean;
        p95: boolean;
        p99: boolean;
        p999: boolean;
      };
    };
    /** Milliseconds; 0 without samples */
    serviceTime: {
      p50: number;
      p95: number;
      p99: number;
      p999: number;
      max: number;
      mean: number;
      count: number;
      /** Whether there are enough samples for each percentile to be meaningful */
      sufficient: {
        p50: boolean;
        p95: boolean;
        p99: boolean;
        p999: boolean;
      };
    };
    /** Milliseconds; 0 without samples */
    startLatency: {
      p50: number;
      p95: number;
      p99: number;
      p999: number;
      max: number;
      mean: number;
      count: number;
      /** Whether there are enough samples for each percentile to be meaningful */
      sufficient: {
        p50: boolean;
        p95: boolean;
        p99: boolean;
        p999: boolean;
      };
    };
    /** Milliseconds; 0 without samples */
    scheduleLag: {
      p50: number;
      p95: number;
      p99: number;
      p999: number;
      max: number;
      mean: number;
      count: number;
      /** Whether there are enough samples for each percentile to be meaningful */
      sufficient: {
        p50: boolean;
        p95: boolean;
        p99: boolean;
        p999: boolean;
      };
    };
  };
  thresholds: {
    maxP99LatencyMs: number;
    minThroughput: number;
    maxErrorRate: number;
    checks: Array<{
      name: "p99 latency" | "throughput" | "error rate" | "open workflows growth";
      required: number;
      actual: number;
      unit: string;
      passed: boolean;
    }>;
  };
  validity: {
    valid: boolean;
    reasons: Array<string>;
    checks: Array<{
      name: string;
      ok: boolean;
      measured: number;
      limit: number;
      unit: string;
      detail: string;
    }>;
  };
  /** What limited the run, the most likely cause first */
  findings: Array<{
    name: string;
    confidence: "high" | "medium" | "low";
    evidence: string;
    knob?: string;
    default?: string;
    advice: string;
    caveat?: string;
    /** The recommended value for a key of the server's dynamic configuration, if it can be computed */
    setting?: {
      key: string;
      value: number;
      because: string;
    };
  }>;
  system: {
    instanceType: string;
    historyShards: number | "unknown";
    services: Record<string, number> | "unknown";
    serverVersion: string;
    persistence: string;
    visibility: string;
    clusterName: string;
    /** Address of the target, as its workers reach it */
    address?: string;
    /** ID of the cluster; every process of the run has reached this one */
    clusterId?: string;
    /** Settings of an embedded target; for other targets, `cluster` has the current limits if the metrics report them */
    dynamicConfig: Array<string> | "unknown";
  };
  /** scheduled = acknowledged + recovered + rejected + skipped + unknown + inDoubt */
  ledger: {
    scheduled: number;
    acknowledged: number;
    recovered: number;
    rejected: Record<string, number>;
    skipped: Record<string, number>;
    unknown: Record<string, number>;
    inDoubt: number;
    /** The first error message of each cause */
    examples?: Record<string, string>;
  };
  server: {
    counts: {
      total: number;
      completed: number;
      failed: number;
      canceled: number;
      terminated: number;
      timedOut: number;
      open: number;
    };
    /** Whether acknowledged + recovered equals the number of workflows on the server */
    agrees: boolean;
    settledBy: string;
    visibilityWaitMs: number;
    /** What reconciliation could not explain */
    open: Array<string>;
    /** Workflow ids that only the ledger or only the server has: up to 20 of each */
    disagreements: Array<{
      step: string;
      attempt: number;
      onlyInAccount: {
        /** null if the server's list was too long to read completely */
        count: number | null;
        ids: Array<string>;
      };
      onlyOnServer: {
        count: number;
        ids: Array<string>;
      };
      /** Up to this many of the ids that only the ledger has may belong to skipped arrivals */
      skippedAmongThem: number;
    }>;
  };
  completion: {
    observed: "all" | "sample";
    share: number;
    throughputFrom: "client" | "server";
    chosen: number;
    completed: number;
    failed: Record<string, number>;
    lost: number;
    pending: number;
  };
  staircase?: {
    highestPassedRate: number | null;
    firstFailedRate: number | null;
    reasons: Array<string>;
  };
  iterations?: {
    /** Iterations in the statistics, without the warm-up */
    count: number;
    each: Array<{
      iteration: number;
      throughput: number;
      p50: number;
      p95: number;
      p99: number;
      max: number;
      passed: boolean;
      valid: boolean;
    }>;
    /** Means over the iterations with 95 % confidence intervals */
    means: {
      /** low and high are null for a single iteration */
      throughput: {
        mean: number;
        low: number | null;
        high: number | null;
      };
      /** low and high are null for a single iteration */
      p50: {
        mean: number;
        low: number | null;
        high: number | null;
      };
      /** low and high are null for a single iteration */
      p95: {
        mean: number;
        low: number | null;
        high: number | null;
      };
      /** low and high are null for a single iteration */
      p99: {
        mean: number;
        low: number | null;
        high: number | null;
      };
      /** low and high are null for a single iteration */
      max: {
        mean: number;
        low: number | null;
        high: number | null;
      };
    };
  };
  /** Only of a capacity search */
  capacity?: {
    /** The result in one sentence */
    sentence: string;
    goals: Array<{
      /** The limit as it was given, e.g. `p99=500ms` */
      name: string;
      /** The limit of the p99 latency, with what the workload itself waits */
      maxP99LatencyMs: number;
      /** How the search for this limit ended; it is decided only if it is `found` */
      end: "found" | "generator-limited" | "max-rate-reached" | "below-lowest-rate" | "out-of-time" | "aborted" | "incomplete";
      /** Highest rate that holds, with no rate below it that does not; null if there is none */
      holds: number | null;
      /** Lowest rate that does not hold; null if there is none */
      failsAt: number | null;
      /** Why that rate does not hold */
      reasons: Array<string>;
      /** Whether repeated trials decided `holds` */
      confirmed: boolean;
      /** Statistical interval (95 %) of the capacity, from a logistic regression over at least 8 trials; or null */
      interval: {
        /** Workflow starts per second */
        low: number;
        /** Workflow starts per second */
        high: number;
      } | null;
    }>;
    trials: Array<{
      /** Starts at 1 */
      number: number;
      /** The name of its hold in `steps` */
      step: string;
      phase: "probe" | "bisect" | "confirm" | "repeat";
      /** Workflow starts per second */
      rate: number;
      /** Length of the hold */
      seconds: number;
      /** `mixed` is good for some limits only; `repeated` lost a generator */
      outcome: "good" | "bad" | "mixed" | "INVALID" | "repeated";
      /** The limits that it met */
      goodFor: Array<string>;
      reasons: Array<string>;
      p99Ms: number;
      completedPerSecond: number;
    }>;
    /** Requested width of the bracket, as a share of its lower end */
    precision: number;
    /** Workflow starts per second */
    fromRate: number;
    /** Workflow starts per second */
    maxRate: number;
    labels: Record<string, string>;
    /** The first and the last trial of the rate that holds; null if there was only one */
    drift: {
      /** Workflow starts per second */
      rate: number;
      first: string;
      again: string;
      changed: boolean;
    } | null;
    /** Rates that were bad, although a trial of this or a higher rate was good */
    mixedRates: Array<number>;
    /** What to try next */
    next: {
      advice: string;
      command: string;
    };
  };
  /** The workloads of a mix, over the same holds as `results` */
  mix?: Array<{
    workload: string;
    scheduled: number;
    acknowledged: number;
    /** Observed completions; in a sampled run, those of the sample */
    completed: number;
    /** Observed workflows that closed with another status */
    failed: number;
    /** Milliseconds; 0 without samples */
    latency: {
      p50: number;
      p95: number;
      p99: number;
      p999: number;
      max: number;
      mean: number;
      count: number;
      /** Whether there are enough samples for each percentile to be meaningful */
      sufficient: {
        p50: boolean;
        p95: boolean;
        p99: boolean;
        p999: boolean;
      };
    };
  }>;
  workload: {
    /** Sampled workflows of the holds */
    sampled: number;
    eventsPerWorkflow: number;
    historyBytesPerWorkflow: number;
    stateTransitionsPerWorkflow: number;
    /** State transitions per workflow × completions per second of the holds */
    stateTransitionsPerSecond: number;
    /** Milliseconds; 0 without samples */
    workflowTaskScheduleToStart: {
      p50: number;
      p95: number;
      p99: number;
      p999: number;
      max: number;
      mean: number;
      count: number;
      /** Whether there are enough samples for each percentile to be meaningful */
      sufficient: {
        p50: boolean;
        p95: boolean;
        p99: boolean;
        p999: boolean;
      };
    };
    /** Milliseconds; 0 without samples */
    activityScheduleToStart: {
      p50: number;
      p95: number;
      p99: number;
      p999: number;
      max: number;
      mean: number;
      count: number;
      /** Whether there are enough samples for each percentile to be meaningful */
      sufficient: {
        p50: boolean;
        p95: boolean;
        p99: boolean;
        p999: boolean;
      };
    };
    /** Milliseconds; 0 without samples */
    activityExecution: {
      p50: number;
      p95: number;
      p99: number;
      p999: number;
      max: number;
      mean: number;
      count: number;
      /** Whether there are enough samples for each percentile to be meaningful */
      sufficient: {
        p50: boolean;
        p95: boolean;
        p99: boolean;
        p999: boolean;
      };
    };
  } | null;
  sizing: {
    /** CPU time of all threads of the hosts */
    hostCpuMsPerWorkflow: number;
    /** Busy time of the main threads, which saturate first */
    hostThreadMsPerWorkflow: number;
    /** What one host executes while its main thread is 80 % busy */
    workflowsPerSecondPerHost: number;
    /** For the highest rate of the run */
    hostsNeeded: number;
  } | null;
  generatorSizing?: {
    /** Busy time of the main thread of the busiest generator */
    threadMsPerWorkflow: number;
    /** What one generator handles while its main thread is 80 % busy */
    workflowsPerSecondPerGenerator: number;
    /** For the highest rate of the run */
    generatorsNeeded: number;
  } | null;
  cluster: {
    /** The hold that was observed */
    step: string;
    /** Number of sources of metrics: pages of replicas, a Prometheus server, and CloudWatch */
    endpoints: number;
    readings: Array<{
      name: "persistence latency" | "shard lock latency" | "visibility latency" | "history task load latency" | "history task schedule latency" | "history task queue latency" | "start latency" | "persistence requests" | "persistence errors" | "persistence requests rejected" | "requests rejected" | "successful polls" | "sync-matched polls" | "cache requests" | "cache misses" | "restarts" | "requests" | "frontend calls" | "starts" | "AddWorkflowTask errors" | "service rate limit" | "database connections in use" | "database connection limit" | "DSQL transaction latency" | "DSQL conflicts" | "DSQL retries" | "DSQL retries exhausted" | "DSQL backoff" | "DSQL errors" | "database connection waits" | "DSQL connections open" | "DSQL connections idle" | "DSQL connections closed: lifetime" | "DSQL connections closed: idle time" | "DSQL connections closed: too many idle" | "DSQL pool keeper connections" | "DSQL pool keeper failures" | "DSQL reservoir size" | "DSQL reservoir target" | "DSQL reservoir empty" | "DSQL reservoir checkouts" | "DSQL checkout latency" | "DSQL reservoir refills" | "DSQL reservoir refill failures" | "DSQL reservoir discards" | "DSQL refills in flight" | "DSQL connection slots owned" | "DSQL connection slots used" | "DSQL token refreshes" | "DSQL token refresh failures" | "DSQL token cache hits" | "DSQL token cache misses" | "Aurora DSQL commit latency" | "Aurora DSQL transactions" | "Aurora DSQL read-only transactions" | "Aurora DSQL conflicts" | "Aurora DSQL query timeouts" | "Aurora DSQL bytes read" | "Aurora DSQL bytes written" | "Aurora DSQL compute time" | "Aurora DSQL DPU" | "Aurora DSQL write DPU" | "Aurora DSQL read DPU" | "Aurora DSQL compute DPU";
      /** The label values by which the measure is grouped, e.g. an operation; empty if it is not grouped */
      labels: string;
      count?: number;
      perSecond?: number;
      p50Ms?: number;
      p95Ms?: number;
      p99Ms?: number;
      lowest?: number;
      mean?: number;
      highest?: number;
    }>;
    /** Calls that the frontends received in the namespace during the hold; absent if the server does not count calls by namespace and operation */
    observerEffect?: {
      /** Calls that start, message and execute workflows */
      loadCalls: number;
      /** All other calls: they observe the load */
      otherCalls: number;
      /** The other calls, by operation */
      byOperation: Record<string, number>;
    };
    /** What is missing, and why */
    unknown: Array<string>;
  } | null;
  steps: Array<{
    index: number;
    name: string;
    kind: "ramp" | "hold" | "lead-in" | "warm-up";
    /** Starts at 1 */
    iteration: number;
    attempt: number;
    fromRate: number;
    toRate: number;
    /** Planned offset from the start of the load */
    startMs: number;
    durationMs: number;
    /** Whether the step is part of the statistics: a complete hold, in its last attempt */
    counted: boolean;
    cutShort?: string;
    gapArrivals: number;
    /** scheduled = acknowledged + recovered + rejected + skipped + unknown + inDoubt */
    ledger: {
      scheduled: number;
      acknowledged: number;
      recovered: number;
      rejected: Record<string, number>;
      skipped: Record<string, number>;
      unknown: Record<string, number>;
      inDoubt: number;
      /** The first error message of each cause */
      examples?: Record<string, string>;
    };
    /** Per second of the step */
    rates: {
      target: number;
      scheduled: number;
      sent: number;
      acknowledged: number;
      completed: number;
    };
    /** Milliseconds; 0 without samples */
    latency: {
      p50: number;
      p95: number;
      p99: number;
      p999: number;
      max: number;
      mean: number;
      count: number;
      /** Whether there are enough samples for each percentile to be meaningful */
      sufficient: {
        p50: boolean;
        p95: boolean;
        p99: boolean;
        p999: boolean;
      };
    };
    /** Milliseconds; 0 without samples */
    serviceTime: {
      p50: number;
      p95: number;
      p99: number;
      p999: number;
      max: number;
      mean: number;
      count: number;
      /** Whether there are enough samples for each percentile to be meaningful */
      sufficient: {
        p50: boolean;
        p95: boolean;
        p99: boolean;
        p999: boolean;
      };
    };
    /** Milliseconds; 0 without samples */
    startLatency: {
      p50: number;
      p95: number;
      p99: number;
      p999: number;
      max: number;
      mean: number;
      count: number;
      /** Whether there are enough samples for each percentile to be meaningful */
      sufficient: {
        p50: boolean;
        p95: boolean;
        p99: boolean;
        p999: boolean;
      };
    };
    /** Milliseconds; 0 without samples */
    scheduleLag: {
      p50: number;
      p95: number;
      p99: number;
      p999: number;
      max: number;
      mean: number;
      count: number;
      /** Whether there are enough samples for each percentile to be meaningful */
      sufficient: {
        p50: boolean;
        p95: boolean;
        p99: boolean;
        p999: boolean;
      };
    };
    /** Only for holds of a mix */
    mix?: Array<{
      workload: string;
      scheduled: number;
      acknowledged: number;
      /** Observed completions; in a sampled run, those of the sample */
      completed: number;
      /** Observed workflows that closed with another status */
      failed: number;
      /** Milliseconds; 0 without samples */
      latency: {
        p50: number;
        p95: number;
        p99: number;
        p999: number;
        max: number;
        mean: number;
        count: number;
        /** Whether there are enough samples for each percentile to be meaningful */
        sufficient: {
          p50: boolean;
          p95: boolean;
          p99: boolean;
          p999: boolean;
        };
      };
    }>;
    queues?: {
      /** The server's approximate statistics; null if it did not report them */
      workflow: {
        samples: number;
        meanBacklog: number;
        highestBacklog: number;
        highestAgeMs: number;
        /** Fastest growth of the backlog between a sample and the next but one */
        growthPerSecond: number;
        addedPerSecond: number;
        dispatchedPerSecond: number;
        /** Lowest rate limit that was set for the queue, tasks per second */
        limitPerSecond?: number;
        limitSetBy?: "user" | "worker";
      } | null;
      /** The server's approximate statistics; null if it did not report them */
      activity: {
        samples: number;
        meanBacklog: number;
        highestBacklog: number;
        highestAgeMs: number;
        /** Fastest growth of the backlog between a sample and the next but one */
        growthPerSecond: number;
        addedPerSecond: number;
        dispatchedPerSecond: number;
        /** Lowest rate limit that was set for the queue, tasks per second */
        limitPerSecond?: number;
        limitSetBy?: "user" | "worker";
      } | null;
    };
    server?: {
      total: number;
      completed: number;
      failed: number;
      canceled: number;
      terminated: number;
      timedOut: number;
      open: number;
    };
    passed?: boolean;
    thresholds?: Array<{
      name: "p99 latency" | "throughput" | "error rate" | "open workflows growth";
      required: number;
      actual: number;
      unit: string;
      passed: boolean;
    }>;
    failureReasons?: Array<string>;
    validity?: {
      valid: boolean;
      reasons: Array<string>;
      checks: Array<{
        name: string;
        ok: boolean;
        measured: number;
        limit: number;
        unit: string;
        detail: string;
      }>;
    };
    /** The latencies of a counted hold in microseconds, as an HdrHistogram: V2, compressed, base64 */
    histogram?: string;
  }>;
  generators: Array<{
    identity: string;
    attempts: number;
    eventLoopUtilization: number;
    eventLoopDelayP99Ms: number;
    cpuThrottledShare: number | null;
    clockOffsetMs: number;
    clockUncertaintyMs: number;
    maxResidentBytes: number;
    observerRetries: number;
    maxInFlight: number;
    /** How often the in-flight cap was lowered because memory was low */
    capLowered: number;
    /** The load of the generator in windows of 10 s */
    windows?: {
      count: number;
      /** Windows in which the generator fell behind its schedule */
      limited: number;
      /** Share of the machine's CPU that all processes used in the busiest window, 0–1; null if unknown */
      machineBusyShare: number | null;
      /** Cores that the generator used in that window */
      ownCores: number;
      /** When and why the generator first fell behind */
      first?: string;
    };
    machine?: {
      cpus: number;
      /** The container's CPU limit in cores; null without a limit */
      cpuQuota: number | null;
      memoryBytes: number;
      memoryLimitBytes: number | null;
      platform: string;
      node: string;
      sdk: string;
      /** Name of the machine: BENCHMARK_MACHINE_NAME (the Helm chart sets the node), the ID of the ECS container instance, or the host name; unknown in a pod or ECS task without the first two */
      name?: string;
      /** EC2 instance type of an ECS task, or BENCHMARK_INSTANCE_TYPE; otherwise unknown */
      instanceType: string;
      /** Family and revision of an ECS task; unknown elsewhere */
      task: string;
    };
  }>;
  hosts: Array<{
    host: number;
    identity: string;
    eventLoopUtilization: number;
    /** Longest time without a report from the host */
    silentMs: number;
    slotsExhaustedShare: number;
    /** CPU used by all threads, in cores */
    cpuCores: number;
    restarts: number;
  }>;
  timeline: {
    loadStart: string | null;
    durationMs: number;
    shifts: Array<{
      step: string;
      byMs: number;
    }>;
  };
  series: {
    widthMs: number;
    columns: Array<string>;
    /** Rows in the order of the columns; the zeros at the end of a row are left out */
    points: Array<Array<number>>;
  };
  /** In order; absent in results of older versions */
  events?: Array<{
    /** Place on the time axis of `series`: milliseconds from the start of the load */
    atMs: number;
    kind: "generator-lost" | "generator-replaced" | "host-restarted" | "rate-limit-began" | "rate-limit-ended" | "refusals-began" | "refusals-ended" | "step-repeated" | "timeline-shifted" | "aborted";
    text: string;
  }>;
  /** What the server reported about every 15 s, on the time axis of `series`; intervals are joined if there are more than 240, and then the worst value is kept */
  serverSeries?: {
    columns: Array<string>;
    /** Rows in the order of the columns; null is unknown. Each describes the interval that ends at `atMs` */
    points: Array<Array<number | null>>;
  };
  cleanup: {
    complete: boolean;
    terminated: number;
    stillRunning: number | null;
    namespaceDeleted: boolean;
    warnings: Array<string>;
    commands: Array<string>;
  } | null;
  notes: Array<string>;
  /** What was left out because the result would exceed 256 KB, in the order in which it was dropped */
  dropped?: Array<string>;
}

/** The input of a benchmark run. Every field is optional. */
export interface BenchmarkSpec {
  /** Workload that each arrival starts. Allowed values: one of simple, multi-activity, timer, child-workflow, state-transitions, local-activities, retry, continue-as-new, payload, idle, signal, update, update-with-start, query, external, mix. */
  workload?: "simple" | "multi-activity" | "timer" | "child-workflow" | "state-transitions" | "local-activities" | "retry" | "continue-as-new" | "payload" | "idle" | "signal" | "update" | "update-with-start" | "query" | "external" | "mix";
  /** `mix`: workloads and their weights, such as simple=70,timer=30; each workload gets its own statistics. Allowed values: 2 to 5 different workloads with weights from 1 to 1000, such as simple=70,timer=20,signal=10; the workloads are simple, multi-activity, timer, child-workflow, state-transitions, local-activities, retry, continue-as-new, payload, idle, signal, update, update-with-start, query. */
  mix?: string;
  /** `multi-activity`, `local-activities`: activities per workflow. Allowed values: a whole number from 1 to 100. */
  activityCount?: number;
  /** `multi-activity`: activities that each workflow runs at the same time. Allowed values: a whole number from 1 to 100. */
  activityConcurrency?: number;
  /** `timer`: duration of the timer; the server fires timers about once per second. Allowed values: a duration such as 90s or 5m, from 1ms to 1h. */
  timerDuration?: string;
  /** `child-workflow`: child workflows per workflow, all started at the same time. Allowed values: a whole number from 1 to 100. */
  childCount?: number;
  /** `signal`, `update`, `update-with-start`, `query`: messages to each workflow, sent one after another. Allowed values: a whole number from 1 to 20. */
  messages?: number;
  /** `retry`: failed attempts of the activity before it succeeds, about one second apart. Allowed values: a whole number from 1 to 10. */
  failures?: number;
  /** `continue-as-new`: executions per chain. Allowed values: a whole number from 2 to 100. */
  chainLength?: number;
  /** `payload`: size of the input and of the result, fixed or drawn for each arrival. Allowed values: a size such as 4KB, uniform:100B-64KB or exponential:4KB, up to 1MB. */
  payloadSize?: string;
  /** `idle`: duration of the activity, which heartbeats once per second. Allowed values: a duration such as 90s or 5m, from 1s to 1h. */
  idleDuration?: string;
  /** `external`: workflow type that each arrival starts and that your own workers run. Allowed values: the name of a workflow type, at most 200 characters. */
  externalType?: string;
  /** `external`: workflow input as JSON; it can contain {{index}}, the number of the arrival, and {{id}}, its workflow ID. Allowed values: JSON, in which {{index}} stands for the number of the arrival and "{{id}}" (in quotes) for its workflow ID. */
  externalInput?: string;
  /** Target rate in workflow starts per second. Allowed values: a number above 0, up to 100000 workflow starts per second. */
  rate?: number;
  /** Duration of the load, including the ramp-up. Allowed values: a duration such as 90s or 5m, from 1s to 24h. */
  duration?: string;
  /** Time in which the rate rises from 0 to the first target rate; excluded from the statistics. It is part of the duration, or precedes the first hold of a staircase. Allowed values: a duration such as 90s or 5m, from 0s to 24h. */
  rampUp?: string;
  /** Target rates of a staircase: one hold per rate, each with its own verdict; replaces the rate and the duration. Allowed values: 1 to 50 numbers above 0, up to 100000 workflow starts per second, such as 25,50,100. */
  stages?: Array<number>;
  /** Duration of each hold of a staircase. Allowed values: a duration such as 90s or 5m, from 1s to 24h. */
  hold?: string;
  /** End a staircase after the first hold that is invalid or misses a threshold. Allowed values: true or false. */
  stopOnFail?: boolean;
  /** Repetitions of ramp-up and hold, each with its own verdict; the result has their means with confidence intervals. Allowed values: a whole number from 1 to 25. */
  iterations?: number;
  /** Exclude the first iteration from all statistics and verdicts. Allowed values: true or false. */
  warmUp?: boolean;
  /** Spacing of the starts, even or random like that of independent users. Allowed values: one of uniform, poisson. */
  arrivals?: "uniform" | "poisson";
  /** Seed of all random choices: arrivals, payload sizes and the sample of observed completions. Allowed values: a whole number from 0 to 2147483647. */
  seed?: number;
  /** Equal shares of the arrivals; each lane needs one generator process. Allowed values: a whole number from 1 to 200. */
  lanes?: number;
  /** Connections from each generator to the target; behind an L4 load balancer, each connection is pinned to one frontend. Allowed values: a whole number from 1 to 50. */
  connections?: number;
  /** What executes the load workflows: `lean` in the generators, at a fraction of the CPU, or `sdk` in hosts with a Temporal SDK worker. Allowed values: one of lean, sdk. */
  executor?: "lean" | "sdk";
  /** `sdk`: worker processes that run the load workflows. Allowed values: a whole number from 1 to 100. */
  hosts?: number;
  /** `sdk`: workflow tasks (at least 2) and activities that each host runs at the same time. Allowed values: a whole number from 1 to 10000. */
  hostSlots?: number;
  /** `sdk`: open polls of each host for workflow tasks, and as many for activity tasks; a poll returns one task per round trip. Allowed values: a whole number from 2 to 1000. */
  hostPollers?: number;
  /** Task queue of the load workflows; set it if your own workers poll it. Allowed values: the name of a task queue, at most 200 characters. */
  taskQueue?: string;
  /** Execute no load workflows; use the workers that already poll the task queue (`benchmark host` or your own workers). Allowed values: true or false. */
  generatorOnly?: boolean;
  /** Existing namespace of the target to use; cleanup affects only the workflows of this run. Allowed values: the name of an existing namespace: letters, digits, dots, dashes and underscores. */
  namespace?: string;
  /** Delete the namespace that the run registered after the run; the server needs some minutes for this. Allowed values: true or false. */
  deleteNamespace?: boolean;
  /** Retention of the namespace that the run registers; it must be longer than the run. Allowed values: a duration such as 90s or 5m, from 1h to 30d. */
  retention?: string;
  /** Profile in the Temporal configuration file with which each worker connects to the target; a spec never contains addresses or secrets. Allowed values: the name of a profile in the Temporal configuration file of the workers. */
  targetProfile?: string;
  /** Highest p99 latency, measured from the due time of a start to its completion. Allowed values: a duration such as 90s or 5m, from 1ms to 1h. */
  maxP99?: string;
  /** Lowest throughput in completions per second during the hold. Allowed values: a number from 0 to 100000 completions per second. */
  minThroughput?: number;
  /** Highest share of the scheduled starts that are skipped, rejected, lost or not completed. Allowed values: a number from 0 to 1. */
  maxErrorRate?: number;
  /** Abort if more than this share of the starts, and at least three of them, fail within the abort window. Allowed values: a number from 0 to 1. */
  abortOnErrorRate?: number;
  /** Abort if the p99 latency within the abort window exceeds this duration. Allowed values: a duration such as 90s or 5m, from 1ms to 1h. */
  abortOnP99?: string;
  /** Abort if the oldest task of the task queue exceeds this age during the whole abort window. Allowed values: a duration such as 90s or 5m, from 1s to 1h. */
  abortOnBacklogAge?: string;
  /** How long a condition must persist before the run is aborted. Allowed values: a duration such as 90s or 5m, from 2s to 10m. */
  abortWindow?: string;
  /** How long to wait after the load for started workflows to complete. Allowed values: a duration such as 90s or 5m, from 1s to 24h. */
  completionTimeout?: string;
  /** Share of a hold's arrivals that a failed generator may miss before the hold is repeated. Allowed values: a number from 0 to 1. */
  maxGap?: number;
  /** Attempts per hold; a hold is repeated if a failed generator spoils it. Allowed values: a whole number from 1 to 5. */
  stepAttempts?: number;
}

/** The input of a capacity search. Every field is optional. */
export interface CapacityInput {
  /** Limit of the p99 latency that a rate must meet, beyond what the workload itself waits; repeat the flag for several limits in one search. Allowed values: 1 to 8 limits of the p99 latency such as p99=500ms, from p99=1ms to p99=1h. */
  slo?: Array<string>;
  /** Distance between the highest rate that holds and the lowest that does not, at most. Allowed values: a percentage from 1% to 20%. */
  precision?: string;
  /** First rate to try; it is doubled until a rate does not hold. Allowed values: a number from 0.5 to 100000 workflow starts per second. */
  from?: number;
  /** Highest rate to try. Allowed values: a number from 0.5 to 100000 workflow starts per second. */
  maxRate?: number;
  /** Longest duration of the search; it then reports the bracket that it has found. Allowed values: a duration such as 90s or 5m, from 1m to 6h. */
  maxDuration?: string;
  /** Label for the result that names what was different about the cluster; repeat the flag for several labels. Allowed values: 1 to 8 labels such as shards=512. */
  label?: Array<string>;
  /** Workload that each arrival starts. Allowed values: one of simple, multi-activity, timer, child-workflow, state-transitions, local-activities, retry, continue-as-new, payload, idle, signal, update, update-with-start, query, external, mix. */
  workload?: "simple" | "multi-activity" | "timer" | "child-workflow" | "state-transitions" | "local-activities" | "retry" | "continue-as-new" | "payload" | "idle" | "signal" | "update" | "update-with-start" | "query" | "external" | "mix";
  /** `mix`: workloads and their weights, such as simple=70,timer=30; each workload gets its own statistics. Allowed values: 2 to 5 different workloads with weights from 1 to 1000, such as simple=70,timer=20,signal=10; the workloads are simple, multi-activity, timer, child-workflow, state-transitions, local-activities, retry, continue-as-new, payload, idle, signal, update, update-with-start, query. */
  mix?: string;
  /** `multi-activity`, `local-activities`: activities per workflow. Allowed values: a whole number from 1 to 100. */
  activityCount?: number;
  /** `multi-activity`: activities that each workflow runs at the same time. Allowed values: a whole number from 1 to 100. */
  activityConcurrency?: number;
  /** `timer`: duration of the timer; the server fires timers about once per second. Allowed values: a duration such as 90s or 5m, from 1ms to 1h. */
  timerDuration?: string;
  /** `child-workflow`: child workflows per workflow, all started at the same time. Allowed values: a whole number from 1 to 100. */
  childCount?: number;
  /** `signal`, `update`, `update-with-start`, `query`: messages to each workflow, sent one after another. Allowed values: a whole number from 1 to 20. */
  messages?: number;
  /** `retry`: failed attempts of the activity before it succeeds, about one second apart. Allowed values: a whole number from 1 to 10. */
  failures?: number;
  /** `continue-as-new`: executions per chain. Allowed values: a whole number from 2 to 100. */
  chainLength?: number;
  /** `payload`: size of the input and of the result, fixed or drawn for each arrival. Allowed values: a size such as 4KB, uniform:100B-64KB or exponential:4KB, up to 1MB. */
  payloadSize?: string;
  /** `idle`: duration of the activity, which heartbeats once per second. Allowed values: a duration such as 90s or 5m, from 1s to 1h. */
  idleDuration?: string;
  /** `external`: workflow type that each arrival starts and that your own workers run. Allowed values: the name of a workflow type, at most 200 characters. */
  externalType?: string;
  /** `external`: workflow input as JSON; it can contain {{index}}, the number of the arrival, and {{id}}, its workflow ID. Allowed values: JSON, in which {{index}} stands for the number of the arrival and "{{id}}" (in quotes) for its workflow ID. */
  externalInput?: string;
  /** Spacing of the starts, even or random like that of independent users. Allowed values: one of uniform, poisson. */
  arrivals?: "uniform" | "poisson";
  /** Seed of all random choices: arrivals, payload sizes and the sample of observed completions. Allowed values: a whole number from 0 to 2147483647. */
  seed?: number;
  /** Equal shares of the arrivals; each lane needs one generator process. Allowed values: a whole number from 1 to 200. */
  lanes?: number;
  /** Connections from each generator to the target; behind an L4 load balancer, each connection is pinned to one frontend. Allowed values: a whole number from 1 to 50. */
  connections?: number;
  /** What executes the load workflows: `lean` in the generators, at a fraction of the CPU, or `sdk` in hosts with a Temporal SDK worker. Allowed values: one of lean, sdk. */
  executor?: "lean" | "sdk";
  /** `sdk`: worker processes that run the load workflows. Allowed values: a whole number from 1 to 100. */
  hosts?: number;
  /** `sdk`: workflow tasks (at least 2) and activities that each host runs at the same time. Allowed values: a whole number from 1 to 10000. */
  hostSlots?: number;
  /** `sdk`: open polls of each host for workflow tasks, and as many for activity tasks; a poll returns one task per round trip. Allowed values: a whole number from 2 to 1000. */
  hostPollers?: number;
  /** Task queue of the load workflows; set it if your own workers poll it. Allowed values: the name of a task queue, at most 200 characters. */
  taskQueue?: string;
  /** Execute no load workflows; use the workers that already poll the task queue (`benchmark host` or your own workers). Allowed values: true or false. */
  generatorOnly?: boolean;
  /** Existing namespace of the target to use; cleanup affects only the workflows of this run. Allowed values: the name of an existing namespace: letters, digits, dots, dashes and underscores. */
  namespace?: string;
  /** Delete the namespace that the run registered after the run; the server needs some minutes for this. Allowed values: true or false. */
  deleteNamespace?: boolean;
  /** Retention of the namespace that the run registers; it must be longer than the run. Allowed values: a duration such as 90s or 5m, from 1h to 30d. */
  retention?: string;
  /** Profile in the Temporal configuration file with which each worker connects to the target; a spec never contains addresses or secrets. Allowed values: the name of a profile in the Temporal configuration file of the workers. */
  targetProfile?: string;
  /** Highest share of the scheduled starts that are skipped, rejected, lost or not completed. Allowed values: a number from 0 to 1. */
  maxErrorRate?: number;
  /** How long to wait after the load for started workflows to complete. Allowed values: a duration such as 90s or 5m, from 1s to 24h. */
  completionTimeout?: string;
  /** Share of a hold's arrivals that a failed generator may miss before the hold is repeated. Allowed values: a number from 0 to 1. */
  maxGap?: number;
}

