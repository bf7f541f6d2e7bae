import { z } from 'zod';
import {
  count,
  counts,
  ms,
  latency,
  mixPart,
  ledger,
  serverCounts,
  disagreement,
  validity,
  threshold,
  rates,
  step,
  estimated,
  finding,
  cluster,
  event,
  serverSeries,
} from './result-parts';
import { capacity } from './capacity-schema';
import { generator, generatorSizing, host, sizing, workload } from './process-parts';

/** The events of a result, at most. */
export const MAX_EVENTS = 50;

/**
 * The version of the schema of result.json. The TypeScript type and schemas/result.schema.json are derived from the
 * schema. Later versions only add fields: scripts already read `timestamp`, `config`, `results`, `system`, `thresholds`,
 * `passed` and `failureReasons`.
 */
export const SCHEMA_VERSION = 2;

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
    config: z.record(z.string(), z.unknown()).describe('The complete spec; pass it to --spec to repeat the run'),
    executor: z
      .enum(['lean', 'sdk', 'external'])
      .optional()
      .describe('What executed the workflows: the generators, hosts with the Temporal SDK, or other workers'),
    passed: z.boolean(),
    failureReasons: z.array(z.string()),
    results: z.strictObject({
      workflowsStarted: count,
      workflowsCompleted: count,
      workflowsFailed: count,
      actualRate: z.number().describe('Completions per second during the hold'),
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
    findings: z.array(finding).describe('What limited the run, the most likely cause first'),
    system: z.strictObject({
      instanceType: z.string(),
      historyShards: z.union([count, z.literal('unknown')]),
      services: z.union([counts, z.literal('unknown')]),
      serverVersion: z.string(),
      persistence: z.string(),
      visibility: z.string(),
      clusterName: z.string(),
      address: z.string().optional().describe('Address of the target, as its workers reach it'),
      clusterId: z.string().optional().describe('ID of the cluster; every process of the run has reached this one'),
      dynamicConfig: z
        .union([z.array(z.string()), z.literal('unknown')])
        .describe(
          'Settings of an embedded target; for other targets, `cluster` has the current limits if the metrics report them',
        ),
    }),
    ledger,
    server: z.strictObject({
      counts: serverCounts,
      agrees: z.boolean().describe('Whether acknowledged + recovered equals the number of workflows on the server'),
      settledBy: z.string(),
      visibilityWaitMs: ms,
      open: z.array(z.string()).describe('What reconciliation could not explain'),
      disagreements: z
        .array(disagreement)
        .describe('Workflow ids that only the ledger or only the server has: up to 20 of each'),
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
    iterations: z
      .strictObject({
        count: count.describe('Iterations in the statistics, without the warm-up'),
        each: z.array(
          z.strictObject({
            iteration: count,
            throughput: z.number(),
            p50: ms,
            p95: ms,
            p99: ms,
            max: ms,
            passed: z.boolean(),
            valid: z.boolean(),
          }),
        ),
        means: z
          .strictObject({ throughput: estimated, p50: estimated, p95: estimated, p99: estimated, max: estimated })
          .describe('Means over the iterations with 95 % confidence intervals'),
      })
      .optional(),
    capacity: capacity.optional(),
    mix: z.array(mixPart).optional().describe('The workloads of a mix, over the same holds as `results`'),
    workload: workload.nullable(),
    sizing: sizing.nullable(),
    generatorSizing: generatorSizing.nullable().optional(),
    cluster: cluster.nullable(),
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
      points: z
        .array(z.array(z.number()))
        .max(600)
        .describe('Rows in the order of the columns; the zeros at the end of a row are left out'),
    }),
    events: z.array(event).max(MAX_EVENTS).optional().describe('In order; absent in results of older versions'),
    serverSeries: serverSeries.optional(),
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
    dropped: z
      .array(z.string())
      .optional()
      .describe('What was left out because the result would exceed 256 KB, in the order in which it was dropped'),
  })
  .describe('The result of one run of temporal-benchmark');

export type BenchmarkResult = z.output<typeof resultSchema>;
export type StepResult = BenchmarkResult['steps'][number];
export type ResultLatency = z.output<typeof latency>;

/** Returns the JSON Schema of a result, published as schemas/result.schema.json. */
export function resultJsonSchema(): object {
  return { title: 'BenchmarkResult', ...(z.toJSONSchema(resultSchema) as Record<string, unknown>) };
}
