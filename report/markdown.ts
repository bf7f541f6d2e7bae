import { dynamicConfigOf } from '../measurement/findings/setting';
import { markdownTable } from '../measurement/format/markdown-table';
import { formatThreshold } from '../measurement/judging/verdict';
import type { BenchmarkResult, StepResult } from './result-schema';

/** Returns the summary as Markdown, for a CI job or a pull request. */
export function renderMarkdown(result: BenchmarkResult): string {
  const { outcomes, runId, thresholds, validity, findings, ledger, server, staircase, steps, results, notes } = result;
  const holds = steps.filter((step) => step.kind === 'hold');
  return [
    `## ${outcomes.join(', ')}: ${runId}`,
    '',
    ...(result.error === undefined ? [] : [`**Error:** ${result.error.split('\n').join(' ')}`, '']),
    ...(result.abortReason === undefined ? [] : [`**Aborted:** ${result.abortReason}`, '']),
    ...(staircase ? [staircaseSentence(staircase), ''] : []),
    ...markdownTable(
      ['threshold', 'actual', 'required', ''],
      thresholds.checks.map(({ name, actual, required, unit, passed }) => [
        name,
        formatThreshold({ name, unit }, actual),
        formatThreshold({ name, unit }, required),
        passed ? '✓' : '✗',
      ]),
    ),
    validity.valid ? '**VALID**' : `**INVALID:** ${validity.reasons.join('; ') || 'nothing was measured'}`,
    '',
    ...markdownTable(['target', 'completed', 'p50', 'p95', 'p99', 'max', 'verdict'], holds.map(holdRow)),
    ...markdownTable(
      ['workload of the mix', 'scheduled', 'completed', 'failed', 'p50', 'p99'],
      (result.mix ?? []).map(({ workload, scheduled, completed, failed, latency }) => [
        workload,
        ...[scheduled, completed, failed].map(String),
        ...[latency.p50, latency.p99].map((value) => `${round(value)} ms`),
      ]),
    ),
    `Account: ${ledger.scheduled} scheduled, ${ledger.acknowledged} acknowledged, ${ledger.recovered} recovered; the server's count ${server.agrees ? 'agrees' : 'does not agree'} (${server.counts.total}). ${results.latency.count} latency samples.`,
    '',
    ...findings.map(({ name, evidence, advice }) => `- **${name}**: ${evidence} → ${advice}`),
    ...configBlock(dynamicConfigOf(findings)),
    ...notes.map((note) => `- ${note}`),
    '',
  ].join('\n');
}

function staircaseSentence({
  highestPassedRate,
  firstFailedRate,
  reasons,
}: NonNullable<BenchmarkResult['staircase']>): string {
  const highest =
    highestPassedRate === null
      ? 'No hold was valid and passed.'
      : `**${highestPassedRate}/s** is the highest rate that was valid and passed.`;
  return firstFailedRate === null
    ? highest
    : `${highest} ${firstFailedRate}/s is the first rate that was invalid or failed: ${reasons.join('; ')}.`;
}

function holdRow({ toRate, rates, latency, passed, validity, cutShort, counted }: StepResult): string[] {
  const verdict = cutShort ?? (!counted ? 'repeated' : !validity?.valid ? 'INVALID' : passed ? 'passed' : 'FAILED');
  const ms = [latency.p50, latency.p95, latency.p99, latency.max].map((value) => `${round(value)} ms`);
  return [`${toRate}/s`, `${round(rates.completed)}/s`, ...ms, verdict];
}

function round(value: number): string {
  return String(Math.round(value * 1000) / 1000);
}

function configBlock(yaml: readonly string[]): string[] {
  return yaml.length === 0
    ? []
    : ['', "Recommended values for the server's dynamic configuration:", '', '```yaml', ...yaml, '```', ''];
}
