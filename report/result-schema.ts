import { z } from 'zod';

z.config({ jitless: true });

/**
 * The schema of result.json, from which its type and the published docs/result.schema.json come. Fields are added in
 * later versions, never renamed: `timestamp`, `config`, `results`, `system`, `thresholds`, `passed` and
 * `failureReasons` keep the names scripts already read.
 */
export const SCHEMA_VERSION = 1;

const count = z.int().nonnegative();
const counts = z.record(z.string(), count);
const ms = z.number();

const latency = z
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

const ledger = z
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

const serverCounts = z.strictObject({
  total: count,
  completed: count,
  failed: count,
  canceled: count,
  terminated: count,
  timedOut: count,
  open: count,
});

const check = z.strictObject({
  name: z.string(),
  ok: z.boolean(),
  measured: z.number(),
  limit: z.number(),
  unit: z.string(),
  detail: z.string(),
});
const validity = z.strictObject({ valid: z.boolean(), reasons: z.array(z.string()), checks: z.array(check) });

const threshold = z.strictObject({
  name: z.enum(['p99 latency', 'throughput', 'error rate']),
  required: z.number(),
  actual: z.number(),
  unit: z.string(),
  passed: z.boolean(),
});

const rates = z
  .strictObject({
    target: z.number(),
    scheduled: z.number(),
    sent: z.number(),
    acknowledged: z.number(),
    completed: z.number(),
  })
  .describe('Per second of the step');

const step = z.strictObject({
  index: count,
  name: z.string(),
  kind: z.enum(['ramp', 'hold', 'lead-in']),
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
  server: serverCounts.optional(),
  passed: z.boolean().optional(),
  thresholds: z.array(threshold).optional(),
  failureReasons: z.array(z.string()).optional(),
  validity: validity.optional(),
});

const finding = z
  .strictObject({
    name: z.string(),
    confidence: z.enum(['high', 'medium', 'low']),
    evidence: z.string(),
    knob: z.string().optional(),
    default: z.string().optional(),
    advice: z.string(),
    caveat: z.string().optional(),
  })
  .describe('What limited the run, the evidence for it, and the setting that moves it');

const generator = z.strictObject({
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
});

const host = z.strictObject({
  host: count,
  identity: z.string(),
  eventLoopUtilization: z.number(),
  slotsExhaustedShare: z.number(),
  restarts: count,
});

export const resultSchema = z
  .strictObject({
    schemaVersion: z.literal(SCHEMA_VERSION),
    timestamp: z.iso.datetime().describe('When the run started'),
    runId: z.string(),
    workflowId: z.string(),
    namespace: z.string(),
    outcome: z.enum([
      'PASSED',
      'ERROR',
      'FAILED',
      'BAD_CONFIGURATION',
      'ABORTED',
      'INVALID',
      'UNACCOUNTED',
      'CLEANUP_INCOMPLETE',
    ]),
    outcomes: z.array(z.string()),
    exitCode: z.int(),
    error: z.string().optional(),
    abortReason: z.string().optional(),
    config: z.record(z.string(), z.unknown()).describe('The whole spec; give it to --spec to run the same again'),
    passed: z.boolean(),
    failureReasons: z.array(z.string()),
    results: z.strictObject({
      workflowsStarted: count,
      workflowsCompleted: count,
      workflowsFailed: count,
      actualRate: z.number().describe('Completions per second inside the hold'),
      errorRate: z.number(),
      rates,
      latency,
      serviceTime: latency,
      startLatency: latency,
      scheduleLag: latency,
    }),
    thresholds: z.strictObject({
      maxP99LatencyMs: z.number(),
      minThroughput: z.number(),
      maxErrorRate: z.number(),
      checks: z.array(threshold),
    }),
    validity,
    findings: z.array(finding).describe('Ranked, the likeliest first'),
    system: z.strictObject({
      instanceType: z.string(),
      historyShards: z.union([count, z.literal('unknown')]),
      services: z.union([counts, z.literal('unknown')]),
      serverVersion: z.string(),
      persistence: z.string(),
      visibility: z.string(),
      clusterName: z.string(),
    }),
    ledger,
    server: z.strictObject({
      counts: serverCounts,
      agrees: z.boolean().describe('acknowledged + recovered equals what the server counts'),
      settledBy: z.string(),
      visibilityWaitMs: ms,
      open: z.array(z.string()).describe('What stayed unexplained'),
    }),
    completion: z.strictObject({
      observed: z.enum(['all', 'sample']),
      share: z.number(),
      throughputFrom: z.enum(['client', 'server']),
      chosen: count,
      completed: count,
      failed: counts,
      lost: count,
      pending: count,
    }),
    staircase: z
      .strictObject({
        highestPassedRate: z.number().nullable(),
        firstFailedRate: z.number().nullable(),
        reasons: z.array(z.string()),
      })
      .optional(),
    steps: z.array(step),
    generators: z.array(generator),
    hosts: z.array(host),
    timeline: z.strictObject({
      loadStart: z.iso.datetime().nullable(),
      durationMs: ms,
      shifts: z.array(z.strictObject({ step: z.string(), byMs: ms })),
    }),
    series: z.strictObject({
      widthMs: ms,
      columns: z.array(z.string()),
      points: z.array(z.array(z.number())).max(600),
    }),
    cleanup: z
      .strictObject({
        complete: z.boolean(),
        terminated: count,
        stillRunning: count.nullable(),
        namespaceDeleted: z.boolean(),
        warnings: z.array(z.string()),
        commands: z.array(z.string()),
      })
      .nullable(),
    notes: z.array(z.string()),
  })
  .describe('The result of one run of temporal-benchmark');

export type BenchmarkResult = z.output<typeof resultSchema>;
export type StepResult = BenchmarkResult['steps'][number];
export type ResultLatency = z.output<typeof latency>;

/** The JSON Schema of a result, published as schemas/result.schema.json. */
export function resultJsonSchema(): object {
  return { title: 'BenchmarkResult', ...(z.toJSONSchema(resultSchema) as Record<string, unknown>) };
}
