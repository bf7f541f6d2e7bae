import { dynamicConfigOf } from '../measurement/findings/setting';
import { readableMs, readableRate } from '../measurement/format/durations';
import { thresholdTexts } from '../measurement/judging/verdict';
import { aboutWithin } from './about';
import { answerOf, requirement } from './answer';
import { renderCapacity } from './capacity-text';
import { SAMPLES_NEEDED } from '../measurement/account/histogram';
import { account, renderDetails } from './text-details';
import type { BenchmarkResult, StepResult } from './result-schema';

/** The width of the line that says what was run, at most: it fits a common terminal. */
const MAX_WIDTH = 120;

export interface TextOptions {
  /** The result.json, to which the last lines refer. */
  readonly file?: string;
  /** Whether to show all figures, not only those that answer the question. */
  readonly verbose?: boolean;
}

/** Returns the summary for people: the answer, the thresholds, whether the figures are valid, the reasons, what to do. */
export function renderText(result: BenchmarkResult, { file, verbose = false }: TextOptions = {}): string {
  const lines = [
    '',
    `${result.outcomes.join(', ')}  ${result.runId}`,
    ...indent(answerOf(result)),
    ...about(result),
    ...renderCapacity(result.capacity),
    ...staircase(result),
    ...thresholds(result),
    ...validity(result),
    ...findings(result),
    ...iterations(result),
    ...(verbose ? renderDetails(result) : brief(result)),
    ...result.notes.map((note) => `  Note: ${note}`),
    ...cleanup(result),
    ...(file ? files(file, verbose) : []),
    '',
  ];
  return lines.join('\n');
}

/** Returns the latency, and the account if something is missing from it. */
function brief(result: BenchmarkResult): string[] {
  const { ledger, server, results } = result;
  if (ledger.scheduled === 0) return [];
  const { p50, p95, p99, max, count } = results.latency;
  const isComplete = server.agrees && ledger.acknowledged === ledger.scheduled;
  const hint = results.latency.sufficient.p99 ? '' : `; for a p99 at least ${SAMPLES_NEEDED.p99} are needed`;
  return [
    '',
    `Latency  p50 ${readableMs(p50)} · p95 ${readableMs(p95)} · p99 ${readableMs(p99)} · max ${readableMs(max)} (${count} samples${hint})`,
    ...(isComplete
      ? [`Account  ${ledger.scheduled} scheduled, all acknowledged; the server's count agrees`]
      : account(result)),
  ];
}

function files(file: string, verbose: boolean): string[] {
  return [
    '',
    `  Page: ${file.replace(/result\.json$/, 'report.html')}`,
    `  Result: ${file}`,
    ...(verbose ? [] : [`  All figures: benchmark show ${file} --verbose`]),
  ];
}

function about(result: BenchmarkResult): string[] {
  const line = aboutWithin(result, MAX_WIDTH - 2);
  return line === '' ? [] : [`  ${line}`];
}

function indent(text: string): string[] {
  return text.split('\n').map((line) => `  ${line}`);
}

function thresholds({ thresholds: { checks }, staircase, capacity, results }: BenchmarkResult): string[] {
  if (checks.length === 0) return [];
  const names = Math.max(...checks.map(({ name }) => name.length));
  const actuals = checks.map((check) => thresholdTexts(check).actual);
  const width = Math.max(...actuals.map(({ length }) => length));
  const rows = checks.map(
    (check, i) =>
      `  ${check.passed ? '✓' : '✗'} ${check.name.padEnd(names)}   ${actuals[i]!.padStart(width)}   required ${requirement(check)}`,
  );
  return ['', staircase || capacity ? `Thresholds (hold at ${results.rates.target}/s)` : 'Thresholds', ...rows];
}

function validity({ validity: { valid, reasons, checks }, staircase: found, results }: BenchmarkResult): string[] {
  if (checks.length === 0) return [];
  if (valid) return ['', 'VALID: the generators kept their schedule; the numbers describe the server'];
  // In a staircase a later hold may be invalid while the headline hold is valid.
  if (found && checks.every((check) => check.ok))
    return ['', `VALID at ${results.rates.target}/s, but not in every hold:`, ...crosses(reasons)];
  return ['', 'INVALID: the numbers describe the benchmark rather than the server', ...crosses(reasons)];
}

function crosses(reasons: readonly string[]): string[] {
  return reasons.map((reason) => `  ✗ ${reason}`);
}

function findings({ findings: found }: BenchmarkResult): string[] {
  if (found.length === 0) return [];
  const rows = found.flatMap(({ name, confidence, evidence, knob, default: fallback, advice, caveat }) => [
    `  ${name} (${confidence} confidence): ${evidence}`,
    `    → ${advice}${knob && fallback ? ` (default: ${fallback})` : ''}`,
    ...(caveat ? [`      ${caveat}`] : []),
  ]);
  const fragment = dynamicConfigOf(found);
  const config =
    fragment.length === 0 ? [] : ['', "Recommended values for the server's dynamic configuration", ...fragment];
  return ['', 'What limited the run', ...rows, ...config.map((line, i) => (i > 1 ? `    ${line}` : line))];
}

function staircase({ staircase: found, steps }: BenchmarkResult): string[] {
  if (!found) return [];
  return [
    '',
    'Staircase',
    ...(found.firstFailedRate === null ? [] : [`  at ${found.firstFailedRate}/s: ${found.reasons.join('; ')}`, '']),
    `  ${['target', 'completed', 'p50', 'p99'].map((name) => name.padStart(10)).join(' ')}   verdict`,
    ...steps.filter((step) => step.kind === 'hold').map(holdRow),
  ];
}

function holdRow(step: StepResult): string {
  const verdict = step.cutShort
    ? `incomplete (${step.cutShort})`
    : step.passed === undefined
      ? 'not judged'
      : !step.validity?.valid
        ? 'INVALID'
        : step.passed
          ? 'passed'
          : 'FAILED';
  const cells = [
    readableRate(step.fromRate),
    readableRate(step.rates.completed),
    readableMs(step.latency.p50),
    readableMs(step.latency.p99),
  ];
  const repeated = step.counted || step.cutShort ? '' : ' (repeated)';
  return `  ${cells.map((cell) => cell.padStart(10)).join(' ')}   ${verdict}${repeated}`;
}

function iterations({ iterations: found }: BenchmarkResult): string[] {
  if (!found) return [];
  const { throughput, p50, p95, p99 } = found.means;
  const show = (name: string, { mean, low, high }: typeof p50, write: (value: number) => string) => {
    const interval =
      low === null || high === null
        ? 'no confidence interval: only one iteration'
        : `95 % confidence interval ${write(Math.max(0, low))} to ${write(high)}`;
    return `  ${name.padEnd(12)} ${write(mean).padStart(9)}   ${interval}`;
  };
  return [
    '',
    `Means over ${found.count} iteration(s)`,
    show('throughput', throughput, readableRate),
    show('p50', p50, readableMs),
    show('p95', p95, readableMs),
    show('p99', p99, readableMs),
  ];
}

function cleanup({ cleanup: c }: BenchmarkResult): string[] {
  if (c === null) return [];
  return [
    ...c.warnings.map((warning) => `  Warning: ${warning}`),
    ...(c.complete
      ? []
      : [
          '  Cleanup is incomplete; run these commands to finish it:',
          ...c.commands.map((command) => `    ${command}`),
        ]),
  ];
}
