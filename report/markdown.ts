import { dynamicConfigOf } from '../measurement/findings/setting';
import type { BenchmarkResult, StepResult } from './result-schema';

/** The summary as markdown, for a job's page or a pull request. */
export function renderMarkdown(result: BenchmarkResult): string {
  const { outcomes, runId, thresholds, validity, findings, ledger, server, staircase, steps, results, notes } = result;
  const holds = steps.filter((step) => step.kind === 'hold');
  return [
    `## ${outcomes.join(', ')}: ${runId}`,
    '',
    ...(result.error === undefined ? [] : [`**Error:** ${result.error.split('\n').join(' ')}`, '']),
    ...(result.abortReason === undefined ? [] : [`**Aborted:** ${result.abortReason}`, '']),
    ...(staircase ? [held(staircase), ''] : []),
    ...table(
      ['threshold', 'actual', 'required', ''],
      thresholds.checks.map(({ name, actual, required, unit, passed }) => [
        name,
        round(actual) + unit,
        round(required) + unit,
        passed ? '✓' : '✗',
      ]),
    ),
    validity.valid ? '**VALID**' : `**INVALID:** ${validity.reasons.join('; ') || 'nothing was measured'}`,
    '',
    ...table(['target', 'completed', 'p50', 'p95', 'p99', 'max', 'verdict'], holds.map(holdRow)),
    ...table(
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
    ...fenced(dynamicConfigOf(findings)),
    ...notes.map((note) => `- ${note}`),
    '',
  ].join('\n');
}

function held({ highestPassedRate, firstFailedRate, reasons }: NonNullable<BenchmarkResult['staircase']>): string {
  const highest = highestPassedRate === null ? 'No hold was valid and passed.' : `**${highestPassedRate}/s** was held.`;
  return firstFailedRate === null ? highest : `${highest} ${firstFailedRate}/s was not: ${reasons.join('; ')}.`;
}

function holdRow({ toRate, rates, latency, passed, validity, cutShort, counted }: StepResult): string[] {
  const verdict = cutShort ?? (!counted ? 'run again' : !validity?.valid ? 'INVALID' : passed ? 'passed' : 'FAILED');
  const ms = [latency.p50, latency.p95, latency.p99, latency.max].map((value) => `${round(value)} ms`);
  return [`${toRate}/s`, `${round(rates.completed)}/s`, ...ms, verdict];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  if (rows.length === 0) return [];
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replace(/\|/g, '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line), ''];
}

function round(value: number): string {
  return String(Math.round(value * 1000) / 1000);
}

/** Something to copy. */
function fenced(yaml: readonly string[]): string[] {
  return yaml.length === 0 ? [] : ['', "For the server's dynamic configuration:", '', '```yaml', ...yaml, '```', ''];
}
