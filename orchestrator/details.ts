import { readableMs } from '../measurement/format/durations';
import type { StepFacts } from '../report/facts';
import { renderMarkdown } from '../report/markdown';
import type { BenchmarkResult } from '../report/result-schema';
import type { Progress } from './messages';

/** The maximum length of a workflow's details that the server accepts is about 20,000 bytes. */
const MAX_LENGTH = 19_000;

/** Returns what the Temporal UI shows for a run in progress, as Markdown. */
export function detailsOf(progress: Progress, steps: readonly StepFacts[]): string {
  const { phase, step, scheduled, acknowledged, completed, errors, latency, notes } = progress;
  const rows = [
    `**${phase}**${step ? ` — step ${step.number} of ${step.steps} (${step.kind})` : ''}`,
    '',
    '| scheduled | acknowledged | completed | errors | p50 | p99 |',
    '|---|---|---|---|---|---|',
    `| ${scheduled} | ${acknowledged} | ${completed} | ${errors} | ${readableMs(latency.p50Ms)} | ${readableMs(latency.p99Ms)} |`,
    ...steps.filter(({ verdict }) => verdict).map(describeHold),
    ...notes.map((note) => `- ${note}`),
  ];
  return rows.join('\n').slice(0, MAX_LENGTH);
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
