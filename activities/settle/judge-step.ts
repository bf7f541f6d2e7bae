import { assessValidity } from '../../measurement/judging/validity';
import { judge } from '../../measurement/judging/verdict';
import type { Judgement, JudgeInput } from '../../orchestrator/activity-types';

/** Returns whether a hold met its thresholds (verdict) and whether the benchmark itself was the limit (validity). */
export async function judgeStep({ required, outcome, evidence, hosts, maxGapShare }: JudgeInput): Promise<Judgement> {
  return { verdict: judge(required, outcome), validity: assessValidity(evidence, hosts, maxGapShare) };
}
