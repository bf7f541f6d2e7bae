import {
  generatorsFor,
  generatorThreadMs,
  hostCost,
  hostsFor,
  ratePerHost,
  type HostCost,
} from '../measurement/judging/sizing';
import { hostsDuring } from '../measurement/judging/validity';
import type { RunFacts } from './facts';
import type { BenchmarkResult } from './result-schema';
import { latencyOf, type ReportedStep } from './steps';

/** Returns the cost of a workflow to the cluster, from the histories of sampled workflows; null without a sample. */
export function workloadOf({ workload }: RunFacts, completedPerSecond: number): BenchmarkResult['workload'] {
  if (!workload || workload.sampled === 0) return null;
  const { sampled, events, bytes, stateTransitions, tasks } = workload;
  return {
    sampled,
    eventsPerWorkflow: events,
    historyBytesPerWorkflow: bytes,
    stateTransitionsPerWorkflow: stateTransitions,
    stateTransitionsPerSecond: stateTransitions * completedPerSecond,
    workflowTaskScheduleToStart: latencyOf(tasks.workflowTaskScheduleToStart),
    activityScheduleToStart: latencyOf(tasks.activityScheduleToStart),
    activityExecution: latencyOf(tasks.activityExecution),
  };
}

/** Returns what the hosts used per completed workflow during the headline holds; null if nothing is known. */
export function sizingOf(facts: RunFacts, holds: readonly ReportedStep[]): BenchmarkResult['sizing'] {
  const costs = holds.flatMap(({ step, startAtMs, result }) => {
    const cost = hostCost(hostsDuring(facts.hosts, startAtMs, startAtMs + step.durationMs), result.rates.completed);
    return cost ? [cost] : [];
  });
  if (costs.length === 0) return null;
  const mean = (pick: (cost: HostCost) => number) => costs.reduce((sum, cost) => sum + pick(cost), 0) / costs.length;
  const cost = {
    cpuMsPerWorkflow: mean((one) => one.cpuMsPerWorkflow),
    threadMsPerWorkflow: mean((one) => one.threadMsPerWorkflow),
  };
  return {
    hostCpuMsPerWorkflow: cost.cpuMsPerWorkflow,
    hostThreadMsPerWorkflow: cost.threadMsPerWorkflow,
    workflowsPerSecondPerHost: ratePerHost(cost),
    hostsNeeded: hostsFor(Math.max(...facts.steps.map(({ step }) => step.toRate)), cost).hosts,
  };
}

/** Returns what a workflow cost the generators during the headline holds; null if nothing is known. */
export function generatorSizingOf(
  { spec, steps }: RunFacts,
  holds: readonly ReportedStep[],
): BenchmarkResult['generatorSizing'] {
  const costs = holds.flatMap(({ measurement, result }) => {
    const busiest = Math.max(0, ...measurement.audits.map(({ eventLoopUtilization }) => eventLoopUtilization));
    return generatorThreadMs(busiest, spec.lanes, result.rates.completed) ?? [];
  });
  if (costs.length === 0) return null;
  const threadMsPerWorkflow = costs.reduce((sum, cost) => sum + cost, 0) / costs.length;
  return {
    threadMsPerWorkflow,
    workflowsPerSecondPerGenerator: ratePerHost({ threadMsPerWorkflow }),
    generatorsNeeded: generatorsFor(Math.max(...steps.map(({ step }) => step.toRate)), threadMsPerWorkflow),
  };
}
