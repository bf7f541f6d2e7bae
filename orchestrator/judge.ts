import { rootCause } from '@temporalio/workflow';
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
 * @returns nothing, and adds a note, if the hold cannot be judged; its measurement stays
 * @param completedInHold completions during the hold, or later by what the workload waits for
 * @param notCompleted workflows that exist and did not complete
 */
export async function judgeHold(
  state: RunState,
  { step, startAtMs, measurement, settled }: StepFacts,
  completedInHold: number,
  notCompleted: number,
): Promise<Judgement | undefined> {
  const { plan, spec, steps, hosts } = state;
  const { pending } = measurement.observation;
  if (state.found.abortReason !== undefined && pending > 0) {
    const note = `the hold at ${step.fromRate}/s is not judged: ${pending} of its workflows were open when the run was aborted`;
    if (!state.notes.includes(note)) state.notes.push(note);
    return undefined;
  }
  const counted = { ...measurement, ledger: settled };
  const others = steps.filter((other) => other.measurement !== measurement);
  const series = [measurement, ...others.map((other) => other.measurement)].map((one) => one.series);
  // A generator that died took the starts and ends since its last heartbeat with it: no balance is left to judge.
  const isWhole = measurement.audits.every(({ attempts }) => attempts <= 1);
  const judging = shortActivities.judgeStep({
    required: step.thresholds!,
    outcome: holdOutcome(counted, step.durationMs, completedInHold, notCompleted),
    ...(isWhole ? { flows: flowsDuring(step, series, plan.seriesWidthMs) } : {}),
    observedPerSecond: step.fromRate * (step.observeShare ?? plan.observeShare),
    evidence: evidenceOf(counted),
    hosts: hostsDuring(hosts, startAtMs, startAtMs + step.durationMs),
    maxGapShare: spec.maxGap,
  });
  return await judging.catch((err: unknown) => {
    state.notes.push(`the hold at ${step.fromRate}/s could not be judged: ${rootCause(err)}`);
    return undefined;
  });
}
