import { assessValidity } from '../measurement/validity';
import { judge } from '../measurement/verdict';
import type { Judgement, JudgeInput } from '../orchestrator/contract';

/** Did it pass, and did we measure the server or ourselves? Both answers come from pure functions. */
export async function judgeStep({ required, reached, evidence, hosts, maxGapShare }: JudgeInput): Promise<Judgement> {
  return { verdict: judge(required, reached), validity: assessValidity(evidence, hosts, maxGapShare) };
}
