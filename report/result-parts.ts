import { z } from 'zod';
import { MAX_ROWS } from '../measurement/server/over-time';
import { LIMIT_SET_BY } from '../measurement/server/target';
import { MEASURE_NAMES, type MeasureName } from '../measurement/server/server-measures';

// The workflow sandbox forbids building functions from text, which zod would do by default.
z.config({ jitless: true });

// The parts of the schema of a result that describe what was measured.

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
      .describe('Whether there are enough samples for each percentile to be meaningful'),
  })
  .describe('Milliseconds; 0 without samples');

export const ledger = z
  .strictObject({
    scheduled: count,
    acknowledged: count,
    recovered: count,
    rejected: counts,
    skipped: counts,
    unknown: counts,
    inDoubt: count,
    examples: z.record(z.string(), z.string()).optional().describe('The first error message of each cause'),
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
    count: count.nullable().describe("null if the server's list was too long to read completely"),
    ids: idSample,
  }),
  onlyOnServer: z.strictObject({ count, ids: idSample }),
  skippedAmongThem: count.describe(
    'Up to this many of the ids that only the ledger has may belong to skipped arrivals',
  ),
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
  name: z.enum(['p99 latency', 'throughput', 'error rate', 'open workflows growth']),
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
    completed: count.describe('Observed completions; in a sampled run, those of the sample'),
    failed: count.describe('Observed workflows that closed with another status'),
    latency,
  })
  .describe('The arrivals of one workload of a mix');

const queueDepth = z
  .strictObject({
    samples: count,
    meanBacklog: z.number(),
    highestBacklog: z.number(),
    highestAgeMs: ms,
    growthPerSecond: z.number().describe('Fastest growth of the backlog between a sample and the next but one'),
    addedPerSecond: z.number(),
    dispatchedPerSecond: z.number(),
    limitPerSecond: z.number().optional().describe('Lowest rate limit that was set for the queue, tasks per second'),
    limitSetBy: z.enum(LIMIT_SET_BY).optional(),
  })
  .nullable()
  .describe("The server's approximate statistics; null if it did not report them");

export const cluster = z
  .strictObject({
    step: z.string().describe('The hold that was observed'),
    endpoints: count.describe('Number of sources of metrics: pages of replicas, a Prometheus server, and CloudWatch'),
    readings: z.array(
      z.strictObject({
        name: z.enum(MEASURE_NAMES as [MeasureName, ...MeasureName[]]),
        labels: z
          .string()
          .describe('The label values by which the measure is grouped, e.g. an operation; empty if it is not grouped'),
        count: count.optional(),
        perSecond: z.number().optional(),
        p50Ms: ms.optional(),
        p95Ms: ms.optional(),
        p99Ms: ms.optional(),
        lowest: z.number().optional(),
        mean: z.number().optional(),
        highest: z.number().optional(),
      }),
    ),
    observerEffect: z
      .strictObject({
        loadCalls: count.describe('Calls that start, message and execute workflows'),
        otherCalls: count.describe('All other calls: they observe the load'),
        byOperation: z.record(z.string(), count).describe('The other calls, by operation'),
      })
      .optional()
      .describe(
        'Calls that the frontends received in the namespace during the hold; absent if the server does not count calls by namespace and operation',
      ),
    unknown: z.array(z.string()).describe('What is missing, and why'),
  })
  .describe('What the cluster did during the hold, by its metrics; a measure that no endpoint serves is absent, not 0');

export const step = z.strictObject({
  index: count,
  name: z.string(),
  kind: z.enum(['ramp', 'hold', 'lead-in', 'warm-up']),
  iteration: count.describe('Starts at 1'),
  attempt: count,
  fromRate: z.number(),
  toRate: z.number(),
  startMs: ms.describe('Planned offset from the start of the load'),
  durationMs: ms,
  counted: z.boolean().describe('Whether the step is part of the statistics: a complete hold, in its last attempt'),
  cutShort: z.string().optional(),
  gapArrivals: count,
  ledger,
  rates,
  latency,
  serviceTime: latency,
  startLatency: latency,
  scheduleLag: latency,
  mix: z.array(mixPart).optional().describe('Only for holds of a mix'),
  queues: z.strictObject({ workflow: queueDepth, activity: queueDepth }).optional(),
  server: serverCounts.optional(),
  passed: z.boolean().optional(),
  thresholds: z.array(threshold).optional(),
  failureReasons: z.array(z.string()).optional(),
  validity: validity.optional(),
  histogram: z
    .string()
    .optional()
    .describe('The latencies of a counted hold in microseconds, as an HdrHistogram: V2, compressed, base64'),
});

export const estimated = z
  .strictObject({ mean: z.number(), low: z.number().nullable(), high: z.number().nullable() })
  .describe('low and high are null for a single iteration');

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
      .describe("The recommended value for a key of the server's dynamic configuration, if it can be computed"),
  })
  .describe('What limited the run, with its evidence and the setting that changes it');

export const event = z
  .strictObject({
    atMs: ms.describe('Place on the time axis of `series`: milliseconds from the start of the load'),
    kind: z.enum([
      'generator-lost',
      'generator-replaced',
      'host-restarted',
      'rate-limit-began',
      'rate-limit-ended',
      'refusals-began',
      'refusals-ended',
      'step-repeated',
      'timeline-shifted',
      'aborted',
    ]),
    text: z.string(),
  })
  .describe('What happened during the load');

export const serverSeries = z
  .strictObject({
    columns: z.array(z.string()),
    points: z
      .array(z.array(z.number().nullable()))
      .max(MAX_ROWS)
      .describe('Rows in the order of the columns; null is unknown. Each describes the interval that ends at `atMs`'),
  })
  .describe(
    'What the server reported about every 15 s, on the time axis of `series`; intervals are joined if there are more than 240, and then the worst value is kept',
  );
