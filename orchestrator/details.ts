import { readableMs } from '../measurement/format/durations';
import type { StepFacts } from '../report/facts';
import { renderMarkdown } from '../report/markdown';
import type { BenchmarkResult } from '../report/result-schema';
import type { Progress, SearchProgress } from './messages';

/** The maximum length of a workflow's details that the server accepts is about 20,000 bytes. */
const MAX_LENGTH = 19_000;

/** Returns what the Temporal UI shows for a run in progress, as Markdown. */
export function detailsOf(progress: Progress, steps: readonly StepFacts[]): string {
  const { phase, step, scheduled, acknowledged, completed, errors, latency, notes } = progress;
  const [p50, p99] = latency ? [readableMs(latency.p50Ms), readableMs(latency.p99Ms)] : ['–', '–'];
  const rows = [
    `**${phase}**${step ? ` — step ${step.number} of ${step.steps} (${step.kind})` : ''}`,
    '',
    '| scheduled | acknowledged | completed | errors | p50 | p99 |',
    '|---|---|---|---|---|---|',
    `| ${scheduled} | ${acknowledged} | ${completed} | ${errors} | ${p50} | ${p99} |`,
    ...(progress.search ? describeSearch(progress.search) : steps.filter(({ verdict }) => verdict).map(describeHold)),
    ...notes.map((note) => `- ${note}`),
  ];
  return rows.join('\n').slice(0, MAX_LENGTH);
}

function describeSearch({ goals, trials, current, secondsLeft }: SearchProgress): string[] {
  return [
    ...goals.map(({ name, good, bad, end }) => {
      return `- ${name}: holds ${good ?? '–'}/s, does not hold ${bad ?? '–'}/s${end === undefined ? '' : ` (${end})`}`;
    }),
    ...(current ? [`- trying ${current.rate}/s for ${current.holdSeconds} s (${current.phase})`] : []),
    `- about ${Math.ceil(secondsLeft / 60)} min left`,
    '',
    '| trial | rate | outcome |',
    '|---|---|---|',
    ...trials.map(({ rate, outcome }, i) => `| ${i + 1} | ${rate}/s | ${outcome} |`),
    '',
  ];
}

function describeHold({ step, verdict, validity }: StepFacts): string {
  const result = !validity?.valid ? 'INVALID' : verdict?.passed ? 'passed' : 'FAILED';
  const reasons = [...(validity?.reasons ?? []), ...(verdict?.failureReasons ?? [])];
  return `- hold at ${step.fromRate}/s: ${result}${reasons.length > 0 ? ` (${reasons.join('; ')})` : ''}`;
}

/** Returns what the Temporal UI shows for a finished run: the summary with the findings. */
export function summaryOf(result: BenchmarkResult): string {
  return renderMarkdown(result).slice(0, MAX_LENGTH);
}
