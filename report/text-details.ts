import { SAMPLES_NEEDED } from '../measurement/account/histogram';
import { counted, percent } from '../measurement/format/numbers';
import { formatDuration } from '../spec/duration';
import { renderCluster } from './cluster';
import type { BenchmarkResult } from './result-schema';
import { whyNoCount } from './server-count';

/** Returns the figures that only a reader of details needs. */
export function renderDetails(result: BenchmarkResult): string[] {
  return [
    ...rates(result),
    ...latencies(result),
    ...mix(result),
    ...workload(result),
    ...sizing(result),
    ...renderCluster(result),
    ...account(result),
    ...system(result),
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

function sizing({ sizing: found, generatorSizing, executor, config }: BenchmarkResult): string[] {
  if (!found) {
    if (!generatorSizing || executor !== 'lean') return [];
    const { threadMsPerWorkflow, workflowsPerSecondPerGenerator, generatorsNeeded: needed } = generatorSizing;
    return [
      `  generators: busy for ${threadMsPerWorkflow.toFixed(1)} ms per workflow, which they also execute; one handles about ${workflowsPerSecondPerGenerator.toFixed(0)} workflows/s; this rate needs ${counted(needed, 'lane')} (${String(config.lanes)} used)`,
    ];
  }
  const { hostCpuMsPerWorkflow, workflowsPerSecondPerHost, hostsNeeded } = found;
  return [
    `  hosts: ${hostCpuMsPerWorkflow.toFixed(1)} ms of CPU per workflow; one host handles about ${workflowsPerSecondPerHost.toFixed(0)} workflows/s; this rate needs ${counted(hostsNeeded, 'host')} (${String(config.hosts)} used)`,
  ];
}

/** Returns the account of all arrivals, the errors by cause, and the server's own count. */
export function account(result: BenchmarkResult): string[] {
  const { ledger, server } = result;
  const counts = (title: string, entries: Readonly<Record<string, number>>) =>
    Object.entries(entries).map(([key, n]) => `    ${title} ${n} × ${key}${example(key)}`);
  const example = (cause: string) => (ledger.examples?.[cause] ? `; first: ${ledger.examples[cause]}` : '');
  const { counts: c } = server;
  const agrees = server.agrees ? 'agrees' : 'DOES NOT AGREE';
  const why = whyNoCount(result);
  return [
    '',
    'Account of all arrivals',
    `  scheduled ${ledger.scheduled} = acknowledged ${ledger.acknowledged} + recovered ${ledger.recovered} + rejected ${sum(ledger.rejected)} + skipped ${sum(ledger.skipped)} + unknown ${sum(ledger.unknown) + ledger.inDoubt}`,
    ...counts('rejected', ledger.rejected),
    ...counts('skipped', ledger.skipped),
    why === undefined
      ? `  the server's count ${agrees}: ${c.total} = completed ${c.completed} + failed ${c.failed} + canceled ${c.canceled} + terminated ${c.terminated} + timed out ${c.timedOut} + open ${c.open}`
      : `  ${why}`,
    ...server.open.map((line) => `    ${line}`),
  ];
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((all, n) => all + n, 0);
}

/** What executed the workflows, by the executor in the result. */
const EXECUTED_BY = {
  lean: 'by the generators (executor lean)',
  sdk: 'by hosts with the Temporal SDK (executor sdk)',
  external: 'by workers that do not belong to the run',
} as const;

function system({ system: s, namespace, timeline, executor }: BenchmarkResult): string[] {
  return [
    '',
    ...(executor ? [`  Workflows were executed ${EXECUTED_BY[executor]}`] : []),
    ...(s.address ? [`  Target ${s.address}, cluster ${s.clusterId}`] : []),
    `  Server ${s.serverVersion}, ${s.historyShards} history shard(s), ${s.persistence}; ${s.instanceType === 'unknown' ? 'unknown machine' : s.instanceType}; namespace ${namespace}; load of ${formatDuration(timeline.durationMs)}`,
  ];
}
