import { dynamicConfigOf } from '../measurement/findings/setting';
import { markdownTable } from '../measurement/format/markdown-table';
import { readableMs, readableRate } from '../measurement/format/durations';
import { thresholdTexts } from '../measurement/judging/verdict';
import { answerOf, requirement } from './answer';
import { goalTable, trialTable } from './capacity-rows';
import type { CapacityResult } from './capacity-schema';
import { whyNoCount } from './server-count';
import type { BenchmarkResult, StepResult } from './result-schema';

/** Returns the summary as Markdown, for a CI job or a pull request. */
export function renderMarkdown(result: BenchmarkResult): string {
  const { outcomes, runId, thresholds, validity, findings, ledger, server, staircase, steps, results, notes } = result;
  // The trials of a search have a table of their own.
  const holds = result.capacity ? [] : steps.filter((step) => step.kind === 'hold');
  return [
    `## ${outcomes.join(', ')}: ${runId}`,
    '',
    `**${answerOf(result).split('\n').join(' ')}**`,
    '',
    ...(staircase && staircase.reasons.length > 0 ? [staircaseReasons(staircase), ''] : []),
    ...capacityLines(result.capacity),
    ...markdownTable(
      ['threshold', 'actual', 'required', ''],
      thresholds.checks.map((check) => [
        check.name,
        thresholdTexts(check).actual,
        requirement(check),
        check.passed ? '✓' : '✗',
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
        ...[latency.p50, latency.p99].map(readableMs),
      ]),
    ),
    `Account: ${ledger.scheduled} scheduled, ${ledger.acknowledged} acknowledged, ${ledger.recovered} recovered; ${whyNoCount(result) ?? `the server's count ${server.agrees ? 'agrees' : 'does not agree'} (${server.counts.total})`}. ${results.latency.count} latency samples.`,
    '',
    ...findings.map(({ name, evidence, advice }) => `- **${name}**: ${evidence} → ${advice}`),
    ...configBlock(dynamicConfigOf(findings)),
    ...notes.map((note) => `- ${note}`),
    '',
  ].join('\n');
}

/** The answer names the first rate that was invalid or failed; this is why. */
function staircaseReasons({ firstFailedRate, reasons }: NonNullable<BenchmarkResult['staircase']>): string {
  return firstFailedRate === null ? '' : `At ${firstFailedRate}/s: ${reasons.join('; ')}.`;
}

function capacityLines(capacity: CapacityResult | undefined): string[] {
  if (capacity === undefined) return [];
  const { next } = capacity;
  const [goals, trials] = [goalTable(capacity), trialTable(capacity)];
  return [
    ...markdownTable(goals.head, goals.rows),
    `Next: ${next.advice}: \`${next.command}\``,
    '',
    ...markdownTable(trials.head, trials.rows),
  ];
}

function holdRow({ toRate, rates, latency, passed, validity, cutShort, counted }: StepResult): string[] {
  const verdict = cutShort ?? (!counted ? 'repeated' : judgementOf(passed, validity?.valid));
  const ms = [latency.p50, latency.p95, latency.p99, latency.max].map(readableMs);
  return [`${toRate}/s`, readableRate(rates.completed), ...ms, verdict];
}

function judgementOf(passed: boolean | undefined, valid: boolean | undefined): string {
  if (passed === undefined) return 'not judged';
  return !valid ? 'INVALID' : passed ? 'passed' : 'FAILED';
}

function configBlock(yaml: readonly string[]): string[] {
  return yaml.length === 0
    ? []
    : ['', "Recommended values for the server's dynamic configuration:", '', '```yaml', ...yaml, '```', ''];
}
