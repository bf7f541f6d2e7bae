import { z } from 'zod';
import { SERVER_MEASURES, type MeasureName } from '../measurement/server/server-measures';

// The workflow sandbox forbids building functions from text, which zod would otherwise try.
z.config({ jitless: true });

/** The parts of which the schema of a result is made. */

export const count = z.int().nonnegative();
export const counts = z.record(z.string(), count);
export const ms = z.number();

export const latency = z
  .strictObject({
    p50: ms,
    p95: ms,
    p99: ms,
    p999: ms,
    max: ms,
    mean: ms,
    count,
    sufficient: z
      .strictObject({ p50: z.boolean(), p95: z.boolean(), p99: z.boolean(), p999: z.boolean() })
      .describe('Whether there are samples enough for each percentile to mean something'),
  })
  .describe('Milliseconds; always numbers, 0 without samples');

export const ledger = z
  .strictObject({
    scheduled: count,
    acknowledged: count,
    recovered: count,
    rejected: counts,
    skipped: counts,
    unknown: counts,
    inDoubt: count,
  })
  .describe('scheduled = acknowledged + recovered + rejected + skipped + unknown + inDoubt');

export const serverCounts = z.strictObject({
  total: count,
  completed: count,
  failed: count,
  canceled: count,
  terminated: count,
  timedOut: count,
  open: count,
});

const idSample = z.array(z.string()).max(20);
export const disagreement = z.strictObject({
  step: z.string(),
  attempt: count,
  onlyInAccount: z.strictObject({
    count: count.nullable().describe("null where the server's list was too long to be read whole"),
    ids: idSample,
  }),
  onlyOnServer: z.strictObject({ count, ids: idSample }),
  skippedAmongThem: count.describe('So many of the ids only in the account may be of arrivals that were skipped'),
});

export const check = z.strictObject({
  name: z.string(),
  ok: z.boolean(),
  measured: z.number(),
  limit: z.number(),
  unit: z.string(),
  detail: z.string(),
});
export const validity = z.strictObject({ valid: z.boolean(), reasons: z.array(z.string()), checks: z.array(check) });

export const threshold = z.strictObject({
  name: z.enum(['p99 latency', 'throughput', 'error rate']),
  required: z.number(),
  actual: z.number(),
  unit: z.string(),
  passed: z.boolean(),
});

export const rates = z
  .strictObject({
    target: z.number(),
    scheduled: z.number(),
    sent: z.number(),
    acknowledged: z.number(),
    completed: z.number(),
  })
  .describe('Per second of the step');

export const mixPart = z
  .strictObject({
    workload: z.string(),
    scheduled: count,
    acknowledged: count,
    completed: count.describe('Seen to complete; in a sampled run, of the sample'),
    failed: count.describe('Seen to close otherwise'),
    latency,
  })
  .describe('The arrivals of one workload of a mix');

const queueDepth = z
  .strictObject({
    samples: count,
    meanBacklog: z.number(),
    highestBacklog: z.number(),
    highestAgeMs: ms,
    growthPerSecond: z.number().describe('How fast the backlog grew over two looks, at most'),
    addedPerSecond: z.number(),
    dispatchedPerSecond: z.number(),
  })
  .nullable()
  .describe("By the server's own approximate statistics; null where it did not tell");

export const cluster = z
  .strictObject({
    step: z.string().describe('The hold it was in'),
    endpoints: count.describe("Where the server's metrics were to be read: pages of replicas, and a Prometheus"),
    readings: z.array(
      z.strictObject({
        name: z.enum(SERVER_MEASURES.map(({ name }) => name) as [MeasureName, ...MeasureName[]]),
        labels: z.string().describe('What it is told apart by, e.g. an operation; empty where it is not'),
        count: count.optional(),
        perSecond: z.number().optional(),
        p50Ms: ms.optional(),
        p95Ms: ms.optional(),
        p99Ms: ms.optional(),
        highest: z.number().optional(),
      }),
    ),
    unknown: z.array(z.string()).describe('What is missing, and why'),
  })
  .describe('What the cluster did meanwhile, by its own metrics; a measure that no endpoint has is absent, never 0');

export const step = z.strictObject({
  index: count,
  name: z.string(),
  kind: z.enum(['ramp', 'hold', 'lead-in', 'warm-up']),
  iteration: count.describe('From 1'),
  attempt: count,
  fromRate: z.number(),
  toRate: z.number(),
  startMs: ms.describe('From the start of the load, as planned'),
  durationMs: ms,
  counted: z.boolean().describe('Whether its figures are in the statistics: a hold, complete, and its last attempt'),
  cutShort: z.string().optional(),
  gapArrivals: count,
  ledger,
  rates,
  latency,
  serviceTime: latency,
  startLatency: latency,
  scheduleLag: latency,
  mix: z.array(mixPart).optional().describe('Of holds'),
  queues: z.strictObject({ workflow: queueDepth, activity: queueDepth }).optional(),
  server: serverCounts.optional(),
  passed: z.boolean().optional(),
  thresholds: z.array(threshold).optional(),
  failureReasons: z.array(z.string()).optional(),
  validity: validity.optional(),
});

export const estimated = z
  .strictObject({ mean: z.number(), low: z.number().nullable(), high: z.number().nullable() })
  .describe('null where there is one iteration only');

export const finding = z
  .strictObject({
    name: z.string(),
    confidence: z.enum(['high', 'medium', 'low']),
    evidence: z.string(),
    knob: z.string().optional(),
    default: z.string().optional(),
    advice: z.string(),
    caveat: z.string().optional(),
    setting: z
      .strictObject({ key: z.string(), value: z.number(), because: z.string() })
      .optional()
      .describe("For the server's dynamic configuration, where a value can be told"),
  })
  .describe('What limited the run, the evidence for it, and the setting that moves it');

export const generator = z.strictObject({
  identity: z.string(),
  attempts: count,
  eventLoopUtilization: z.number(),
  eventLoopDelayP99Ms: ms,
  cpuThrottledShare: z.number().nullable(),
  clockOffsetMs: ms,
  clockUncertaintyMs: ms,
  maxResidentBytes: z.number(),
  observerRetries: count,
  maxInFlight: count,
  capLowered: count.describe('Times the in-flight cap was lowered because memory was short'),
  windows: z
    .strictObject({
      count,
      limited: count.describe('Windows in which it could not keep up'),
      machineBusyShare: z
        .number()
        .nullable()
        .describe('How busy the CPUs of its machine were, with whatever, in the busiest window; null if unknown'),
      ownCores: z.number().describe('Cores that it used itself in that window'),
      first: z.string().optional().describe('What was wrong in the first limited window'),
    })
    .optional()
    .describe('Its load in windows of 10 s'),
  machine: z
    .strictObject({
      cpus: count,
      cpuQuota: z.number().nullable().describe('Cores its container may use; null where it may use all'),
      memoryBytes: z.number(),
      memoryLimitBytes: z.number().nullable(),
      platform: z.string(),
      node: z.string(),
      sdk: z.string(),
      instanceType: z.string().describe("EC2's, in a task of ECS; unknown elsewhere"),
      task: z.string().describe('Family and revision of a task of ECS; unknown elsewhere'),
    })
    .optional(),
});

export const host = z.strictObject({
  host: count,
  identity: z.string(),
  eventLoopUtilization: z.number(),
  silentMs: ms.describe('The longest time in which nothing was heard of it'),
  slotsExhaustedShare: z.number(),
  cpuCores: z.number().describe('CPU that all its threads used, in cores'),
  restarts: count,
});

export const sizing = z
  .strictObject({
    hostCpuMsPerWorkflow: z.number().describe('CPU of all threads of the hosts'),
    hostThreadMsPerWorkflow: z
      .number()
      .describe('Of which their main threads were busy, which are the first to be full'),
    workflowsPerSecondPerHost: z.number().describe('What one host executes with its main thread 80 % busy'),
    hostsNeeded: count.describe("For the run's highest rate"),
  })
  .describe('What executing the workload costs its hosts; null where no host of the run completed anything');

export const workload = z
  .strictObject({
    sampled: count.describe('Workflows of the holds that were looked at'),
    eventsPerWorkflow: z.number(),
    historyBytesPerWorkflow: z.number(),
    stateTransitionsPerWorkflow: z.number(),
    stateTransitionsPerSecond: z
      .number()
      .describe('Of the holds: state transitions of a workflow × completions per second'),
    workflowTaskScheduleToStart: latency,
    activityScheduleToStart: latency,
    activityExecution: latency,
  })
  .describe(
    "What one workflow costs the cluster and how long its tasks took, by the server's account of a sample; null where unknown",
  );
