import { dynamicConfigOf } from '../measurement/findings/setting';
import { percent } from '../measurement/format/numbers';
import { renderCluster } from './cluster';
import { formatDuration } from '../spec/duration';
import { SAMPLES_NEEDED } from '../measurement/account/histogram';
import type { BenchmarkResult, StepResult } from './result-schema';

/** Returns the summary for people: first the thresholds, then whether the numbers are valid, then the numbers. */
export function renderText(result: BenchmarkResult, resultFile?: string): string {
  const lines = [
    '',
    `${result.outcomes.join(', ')}  ${result.runId}`,
    ...(result.error ? ['', ...indent(`Error: ${result.error}`)] : []),
    ...(result.abortReason ? ['', `  Aborted: ${result.abortReason}`] : []),
    ...staircase(result),
    ...thresholds(result),
    ...validity(result),
    ...findings(result),
    ...iterations(result),
    ...rates(result),
    ...latencies(result),
    ...mix(result),
    ...workload(result),
    ...sizing(result),
    ...renderCluster(result),
    ...account(result),
    ...system(result),
    ...result.notes.map((note) => `  Note: ${note}`),
    ...cleanup(result),
    ...(resultFile ? ['', `  Result: ${resultFile}`] : []),
    '',
  ];
  return lines.join('\n');
}

function indent(text: string): string[] {
  return text.split('\n').map((line) => `  ${line}`);
}

function thresholds({ thresholds: { checks }, staircase, results }: BenchmarkResult): string[] {
  if (checks.length === 0) return [];
  const width = Math.max(12, ...checks.map(({ name }) => name.length));
  const rows = checks.map(({ name, required, actual, unit, passed }) => {
    const sign = name === 'throughput' ? '≥' : '≤';
    const show = (value: number) => (name === 'error rate' ? percent(value, 2) : `${value.toFixed(1)} ${unit}`);
    return `  ${passed ? '✓' : '✗'} ${name.padEnd(width)} ${show(actual).padStart(12)}   required ${sign} ${show(required)}`;
  });
  return ['', staircase ? `Thresholds (hold at ${results.rates.target}/s)` : 'Thresholds', ...rows];
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
  const highest =
    found.highestPassedRate === null
      ? 'no hold was valid and passed'
      : `${found.highestPassedRate}/s is the highest rate that was valid and passed`;
  const first =
    found.firstFailedRate === null
      ? 'no hold failed'
      : `${found.firstFailedRate}/s is the first rate that was invalid or failed: ${found.reasons.join('; ')}`;
  return [
    '',
    'Staircase',
    `  ${highest}`,
    `  ${first}`,
    '',
    '     target   completed      p50      p99   verdict',
    ...steps.filter((step) => step.kind === 'hold').map(holdRow),
  ];
}

function holdRow(step: StepResult): string {
  const verdict = step.cutShort
    ? `incomplete (${step.cutShort})`
    : !step.validity?.valid
      ? 'INVALID'
      : step.passed
        ? 'passed'
        : 'FAILED';
  const number = (value: number, unit: string) => `${value.toFixed(1)}${unit}`;
  return `  ${number(step.fromRate, '/s').padStart(9)} ${number(step.rates.completed, '/s').padStart(11)} ${number(step.latency.p50, ' ms').padStart(11)} ${number(step.latency.p99, ' ms').padStart(11)}   ${verdict}${step.counted || step.cutShort ? '' : ' (repeated)'}`;
}

function iterations({ iterations: found }: BenchmarkResult): string[] {
  if (!found) return [];
  const { throughput, p50, p95, p99 } = found.means;
  const show = (name: string, { mean, low, high }: typeof p50, unit: string) => {
    const interval =
      low === null || high === null
        ? 'no confidence interval: only one iteration'
        : `95 % confidence interval ${low.toFixed(1)} to ${high.toFixed(1)}`;
    return `  ${name.padEnd(12)} ${mean.toFixed(1).padStart(9)} ${unit.padEnd(3)} ${interval}`;
  };
  return [
    '',
    `Means over ${found.count} iteration(s)`,
    show('throughput', throughput, '/s'),
    show('p50', p50, 'ms'),
    show('p95', p95, 'ms'),
    show('p99', p99, 'ms'),
  ];
}

function rates({ results: { rates: r }, completion }: BenchmarkResult): string[] {
  const how =
    completion.observed === 'all'
      ? 'all completions observed by clients'
      : `${percent(completion.share)} of the completions observed by clients, the others counted by the server`;
  const show = (rate: number) => rate.toFixed(2);
  return [
    '',
    `Rates per second during the hold (${how})`,
    `  target ${show(r.target)} · scheduled ${show(r.scheduled)} · sent ${show(r.sent)} · acknowledged ${show(r.acknowledged)} · completed ${show(r.completed)}`,
  ];
}

function latencies({ results }: BenchmarkResult): string[] {
  const rows = [
    ['latency (from due time)', results.latency],
    ['service time (from send)', results.serviceTime],
    ['start latency (send to ack)', results.startLatency],
    ['schedule lag (send − due)', results.scheduleLag],
  ] as const;
  const unsure = !results.latency.sufficient.p99;
  return [
    '',
    `Latency, ms ${' '.repeat(23)} p50      p95      p99    p99.9      max`,
    ...rows.map(
      ([name, l]) =>
        `  ${name.padEnd(28)} ${[l.p50, l.p95, l.p99, l.p999, l.max].map((ms) => ms.toFixed(1).padStart(8)).join(' ')}`,
    ),
    ...(unsure
      ? [`  the p99 is only a hint: it needs ${SAMPLES_NEEDED.p99} samples, and there are ${results.latency.count}`]
      : []),
  ];
}

function mix({ mix: parts }: BenchmarkResult): string[] {
  if (!parts) return [];
  const rows = parts.map(({ workload: name, scheduled, acknowledged, completed, failed, latency: l }) => {
    const ms = [l.p50, l.p95, l.p99, l.max].map((value) => value.toFixed(1).padStart(8)).join(' ');
    return `  ${name.padEnd(18)} ${[scheduled, acknowledged, completed, failed].map((n) => String(n).padStart(9)).join(' ')} ${ms}`;
  });
  const head = ['scheduled', 'started', 'completed', 'failed'].map((name) => name.padStart(9)).join(' ');
  return ['', `Mix     ${' '.repeat(13)}${head}      p50      p95      p99      max`, ...rows];
}

function workload({ workload: found }: BenchmarkResult): string[] {
  if (!found) return [];
  const tasks = [
    ['workflow task schedule-to-start', found.workflowTaskScheduleToStart],
    ['activity schedule-to-start', found.activityScheduleToStart],
    ['activity execution', found.activityExecution],
  ] as const;
  const known = tasks.filter(([, { count }]) => count > 0);
  return [
    '',
    `Cost of the workload (from the histories of ${found.sampled} workflows)`,
    `  per workflow: ${found.eventsPerWorkflow.toFixed(1)} events, ${(found.historyBytesPerWorkflow / 1024).toFixed(1)} KB, ${found.stateTransitionsPerWorkflow.toFixed(1)} state transitions (${found.stateTransitionsPerSecond.toFixed(0)}/s)`,
    ...known.map(
      ([name, l]) =>
        `  ${name.padEnd(32)} p50 ${l.p50.toFixed(1)} ms, p95 ${l.p95.toFixed(1)}, max ${l.max.toFixed(1)}`,
    ),
  ];
}

function sizing({ sizing: found, config }: BenchmarkResult): string[] {
  if (!found) return [];
  const { hostCpuMsPerWorkflow, workflowsPerSecondPerHost, hostsNeeded } = found;
  return [
    `  hosts: ${hostCpuMsPerWorkflow.toFixed(1)} ms of CPU per workflow; one host handles about ${workflowsPerSecondPerHost.toFixed(0)} workflows/s; this rate needs ${hostsNeeded} ${hostsNeeded === 1 ? 'host' : 'hosts'} (${String(config.hosts)} used)`,
  ];
}

function account({ ledger, server }: BenchmarkResult): string[] {
  const counts = (title: string, entries: Readonly<Record<string, number>>) =>
    Object.entries(entries).map(([key, n]) => `    ${title} ${n} × ${key}${example(key)}`);
  const example = (cause: string) => (ledger.examples?.[cause] ? `; first: ${ledger.examples[cause]}` : '');
  const { counts: c } = server;
  const agrees = server.agrees ? 'agrees' : 'DOES NOT AGREE';
  return [
    '',
    'Account of all arrivals',
    `  scheduled ${ledger.scheduled} = acknowledged ${ledger.acknowledged} + recovered ${ledger.recovered} + rejected ${sum(ledger.rejected)} + skipped ${sum(ledger.skipped)} + unknown ${sum(ledger.unknown) + ledger.inDoubt}`,
    ...counts('rejected', ledger.rejected),
    ...counts('skipped', ledger.skipped),
    `  the server's count ${agrees}: ${c.total} = completed ${c.completed} + failed ${c.failed} + canceled ${c.canceled} + terminated ${c.terminated} + timed out ${c.timedOut} + open ${c.open}`,
    ...server.open.map((line) => `    ${line}`),
  ];
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((all, n) => all + n, 0);
}

function system({ system: s, namespace, timeline }: BenchmarkResult): string[] {
  return [
    '',
    `  Server ${s.serverVersion}, ${s.historyShards} history shard(s), ${s.persistence}; ${s.instanceType === 'unknown' ? 'unknown machine' : s.instanceType}; namespace ${namespace}; load of ${formatDuration(timeline.durationMs)}`,
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
