import { z } from 'zod';
import { count, latency, ms } from './result-parts';

// The parts of the schema of a result that describe generators, hosts and the cost of the load.

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
  capLowered: count.describe('How often the in-flight cap was lowered because memory was low'),
  windows: z
    .strictObject({
      count,
      limited: count.describe('Windows in which the generator fell behind its schedule'),
      machineBusyShare: z
        .number()
        .nullable()
        .describe("Share of the machine's CPU that all processes used in the busiest window, 0–1; null if unknown"),
      ownCores: z.number().describe('Cores that the generator used in that window'),
      first: z.string().optional().describe('When and why the generator first fell behind'),
    })
    .optional()
    .describe('The load of the generator in windows of 10 s'),
  machine: z
    .strictObject({
      cpus: count,
      cpuQuota: z.number().nullable().describe("The container's CPU limit in cores; null without a limit"),
      memoryBytes: z.number(),
      memoryLimitBytes: z.number().nullable(),
      platform: z.string(),
      node: z.string(),
      sdk: z.string(),
      name: z
        .string()
        .optional()
        .describe(
          'Name of the machine: BENCHMARK_MACHINE_NAME (the Helm chart sets the node), the ID of the ECS container instance, or the host name; unknown in a pod or ECS task without the first two',
        ),
      instanceType: z
        .string()
        .describe('EC2 instance type of an ECS task, or BENCHMARK_INSTANCE_TYPE; otherwise unknown'),
      task: z.string().describe('Family and revision of an ECS task; unknown elsewhere'),
    })
    .optional(),
});

export const host = z.strictObject({
  host: count,
  identity: z.string(),
  eventLoopUtilization: z.number(),
  silentMs: ms.describe('Longest time without a report from the host'),
  slotsExhaustedShare: z.number(),
  cpuCores: z.number().describe('CPU used by all threads, in cores'),
  restarts: count,
});

export const sizing = z
  .strictObject({
    hostCpuMsPerWorkflow: z.number().describe('CPU time of all threads of the hosts'),
    hostThreadMsPerWorkflow: z.number().describe('Busy time of the main threads, which saturate first'),
    workflowsPerSecondPerHost: z.number().describe('What one host executes while its main thread is 80 % busy'),
    hostsNeeded: count.describe('For the highest rate of the run'),
  })
  .describe('The cost of executing the workload on the hosts; null if no host of the run completed a workflow');

export const generatorSizing = z
  .strictObject({
    threadMsPerWorkflow: z.number().describe('Busy time of the main thread of the busiest generator'),
    workflowsPerSecondPerGenerator: z
      .number()
      .describe('What one generator handles while its main thread is 80 % busy'),
    generatorsNeeded: count.describe('For the highest rate of the run'),
  })
  .describe('The cost of a workflow to the generators; null if no workflow completed');

export const workload = z
  .strictObject({
    sampled: count.describe('Sampled workflows of the holds'),
    eventsPerWorkflow: z.number(),
    historyBytesPerWorkflow: z.number(),
    stateTransitionsPerWorkflow: z.number(),
    stateTransitionsPerSecond: z
      .number()
      .describe('State transitions per workflow × completions per second of the holds'),
    workflowTaskScheduleToStart: latency,
    activityScheduleToStart: latency,
    activityExecution: latency,
  })
  .describe(
    'The cost of one workflow to the cluster and the duration of its tasks, from the histories of sampled workflows; null if unknown',
  );
