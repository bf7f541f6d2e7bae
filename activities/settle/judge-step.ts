import { holdDrift } from '../../measurement/judging/hold-drift';
import { assessValidity } from '../../measurement/judging/validity';
import { judge, tooSlow } from '../../measurement/judging/verdict';
import type { Judgement, JudgeInput } from '../../orchestrator/activity-types';

/** Returns whether a hold met its thresholds (verdict) and whether the benchmark itself was the limit (validity). */
export async function judgeStep(input: JudgeInput): Promise<Judgement> {
  const { required, outcome, flows, observedPerSecond, evidence, hosts, maxGapShare } = input;
  const drift = flows && holdDrift(flows, observedPerSecond);
  const verdict = judge(required, { ...outcome, drift });
  return { verdict, validity: assessValidity(evidence, hosts, maxGapShare, tooSlow(verdict)) };
}
