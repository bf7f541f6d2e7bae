import { durationMs, formatDuration } from '../spec/duration';
import { flagOf } from '../spec/table';
import { isHeldUpByGenerators } from './capacity-sentence';
import type { CapacityResult, GoalResult } from './capacity-schema';
import type { SearchFacts } from './facts';
import type { BenchmarkResult } from './result-schema';

/** Returns what to try after a search, and the command for it. */
export function nextStepOf(
  goals: readonly GoalResult[],
  findings: BenchmarkResult['findings'],
  { plan, given, config }: SearchFacts,
): CapacityResult['next'] {
  const goal = goals.find(({ holds }) => holds !== null) ?? goals[0]!;
  const command = (change: Readonly<Record<string, unknown>>) => commandOf({ ...given, ...change });
  switch (isHeldUpByGenerators(goal) ? 'generator-limited' : goal.end) {
    case 'generator-limited': {
      const lanes = Number(config.lanes) * 2;
      const advice = `add generators to find a higher rate: each lane needs one, on another machine if the CPU of this one is the limit (benchmark worker --roles generator --generators ${lanes} …)`;
      return { advice, command: command({ lanes }) };
    }
    case 'max-rate-reached':
      return {
        advice: 'search above the highest rate of this search',
        command: command({ maxRate: plan.maxRate * 4, from: goal.holds }),
      };
    case 'below-lowest-rate':
      return { advice: 'allow a higher latency', command: command({ slo: [looser(goal.name)] }) };
    case 'aborted':
    case 'incomplete':
    case 'out-of-time':
      return {
        advice: 'give the search more time, and begin below the rate that it has found',
        command: command({ maxDuration: doubled(String(config.maxDuration)), ...beginBelow(goal) }),
      };
    case 'found':
      return afterAnswer(goal, findings, command);
  }
}

function afterAnswer(
  goal: GoalResult,
  findings: BenchmarkResult['findings'],
  command: (change: Readonly<Record<string, unknown>>) => string,
): CapacityResult['next'] {
  const again = command(beginBelow(goal));
  const { setting, knob } = findings[0] ?? {};
  if (setting)
    return {
      advice: `set ${setting.key} to ${setting.value} in the server's dynamic configuration, and search again`,
      command: again,
    };
  if (knob) return { advice: `change ${knob}, and search again`, command: again };
  return { advice: 'change one thing about the cluster, and search again', command: again };
}

/** A search that begins at half of the known rate needs few probes, and still notices a cluster that became slower. */
function beginBelow({ holds }: GoalResult): Readonly<Record<string, unknown>> {
  return holds === null ? {} : { from: Math.max(1, Number((holds / 2).toPrecision(2))) };
}

function looser(slo: string): string {
  return slo.replace(/\d+(?:\.\d+)?/g, (digits, at: number) => (at < 4 ? digits : String(Number(digits) * 4)));
}

function doubled(duration: string): string {
  return formatDuration(2 * durationMs(duration));
}

/** Returns the command of a search with these fields. */
function commandOf(fields: Readonly<Record<string, unknown>>): string {
  const flags = Object.entries(fields).flatMap(([name, value]) =>
    [value]
      .flat()
      .filter((one) => one !== null && one !== undefined)
      .map((one) => `--${flagOf(name)} ${quoted(one)}`),
  );
  return ['benchmark capacity', ...flags].join(' ');
}

function quoted(value: unknown): string {
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
  return /^[\w.,=%:/-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
