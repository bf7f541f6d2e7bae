import { assessValidity } from '../../measurement/judging/validity';
import { judge } from '../../measurement/judging/verdict';
import type { Judgement, JudgeInput } from '../../orchestrator/activity-types';

/** Did it pass, and did we measure the server or ourselves? Both answers come from pure functions. */
export async function judgeStep({
  required,
  outcome: reached,
  evidence,
  hosts,
  maxGapShare,
}: JudgeInput): Promise<Judgement> {
  return { verdict: judge(required, reached), validity: assessValidity(evidence, hosts, maxGapShare) };
}
