import { holdOutcome } from '../measurement/judging/hold-outcome';
import { flowsDuring } from '../measurement/judging/hold-drift';
import { evidenceOf, hostsDuring } from '../measurement/judging/validity';
import type { StepFacts } from '../report/facts';
import type { Judgement } from './activity-types';
import { shortActivities } from './proxies';
import type { RunState } from './run-state';

/**
 * Judges one hold: did it meet its thresholds, and did the benchmark measure the server or itself?
 *
 * @param completedInHold completions during the hold, or later by what the workload waits for
 * @param notCompleted workflows that exist and did not complete
 */
export async function judgeHold(
  { plan, spec, steps, hosts }: RunState,
  { step, startAtMs, measurement, settled }: StepFacts,
  completedInHold: number,
  notCompleted: number,
): Promise<Judgement> {
  const counted = { ...measurement, ledger: settled };
  const others = steps.filter((other) => other.measurement !== measurement);
  const series = [measurement, ...others.map((other) => other.measurement)].map((one) => one.series);
  // A generator that died took the starts and ends since its last heartbeat with it: no balance is left to judge.
  const isWhole = measurement.audits.every(({ attempts }) => attempts <= 1);
  return await shortActivities.judgeStep({
    required: step.thresholds!,
    outcome: holdOutcome(counted, step.durationMs, completedInHold, notCompleted),
    ...(isWhole ? { flows: flowsDuring(step, series, plan.seriesWidthMs) } : {}),
    observedPerSecond: step.fromRate * plan.observeShare,
    evidence: evidenceOf(counted),
    hosts: hostsDuring(hosts, startAtMs, startAtMs + step.durationMs),
    maxGapShare: spec.maxGap,
  });
}
