import { readableMs } from '../../measurement/format/durations';
import { percent, readable } from '../../measurement/format/numbers';
import { fieldNames, flagOf, table as fields } from '../../spec/table';
import type { BenchmarkResult } from '../result-schema';
import { closedTable, markup, section, table, type Markup } from './markup';

/** Returns how the processes of the benchmark fared: validity checks, generators and hosts. */
export function processes({ validity, generators, hosts }: BenchmarkResult): Markup {
  const checks = validity.checks.map(({ name, ok, measured, limit, unit, detail }) => [
    name,
    markup`<span class="chip ${ok ? 'good' : 'unsure'}">${ok ? 'ok' : 'exceeded'}</span>`,
    `${readable(measured)} ${unit}`,
    `${readable(limit)} ${unit}`,
    detail,
  ]);
  const ofGenerators = generators.map(
    ({ identity, eventLoopUtilization, eventLoopDelayP99Ms, windows, clockOffsetMs, maxResidentBytes, attempts }) => [
      identity,
      percent(eventLoopUtilization),
      readableMs(eventLoopDelayP99Ms),
      windows?.machineBusyShare === undefined || windows.machineBusyShare === null
        ? 'unknown'
        : percent(windows.machineBusyShare),
      readableMs(clockOffsetMs),
      `${(maxResidentBytes / 2 ** 20).toFixed(0)} MiB`,
      attempts,
    ],
  );
  const ofHosts = hosts.map(
    ({ host, identity, eventLoopUtilization, cpuCores, slotsExhaustedShare, silentMs, restarts }) => [
      `${host}: ${identity}`,
      percent(eventLoopUtilization),
      `${readable(cpuCores)} cores`,
      percent(slotsExhaustedShare),
      readableMs(silentMs),
      restarts,
    ],
  );
  return section(
    'processes',
    'Generators and hosts',
    checks.length > 0 ? table(['check', '', 'measured', 'limit', ''], checks) : undefined,
    closedTable(
      `Generators (${generators.length})`,
      ['generator', 'event loop', 'delay p99', 'machine CPU', 'clock offset', 'memory', 'attempts'],
      ofGenerators,
    ),
    closedTable(
      `Hosts (${hosts.length})`,
      ['host', 'event loop', 'CPU', 'slots exhausted', 'longest silence', 'restarts'],
      ofHosts,
    ),
  );
}

/** Returns what is needed to run the same benchmark again. */
export function reproduce(result: BenchmarkResult): Markup {
  const { system, generators, timeline, namespace, workflowId, notes, cleanup } = result;
  const machine = generators[0]?.machine;
  const environment = [
    ['server version', system.serverVersion],
    ['persistence', system.persistence],
    ['visibility', system.visibility],
    ['history shards', String(system.historyShards)],
    ['server machine', system.instanceType],
    ['cluster', system.clusterName],
    ['cluster ID', system.clusterId ?? 'unknown'],
    ['target', system.address ?? 'unknown'],
    ['namespace', namespace],
    ['workflow ID of the run', workflowId],
    ...(machine
      ? [
          [
            'generator machine',
            `${machine.cpus} CPUs, ${(machine.memoryBytes / 2 ** 30).toFixed(0)} GiB, ${machine.platform}`,
          ],
          ['Node', machine.node],
          ['SDK', machine.sdk],
        ]
      : []),
    ['load began', timeline.loadStart ?? 'never'],
  ];
  const all = [...notes, ...(cleanup?.warnings ?? [])];
  return section(
    'reproduce',
    'Run it again',
    markup`<pre class="copy">${commandOf(result)}</pre>`,
    table(['environment', ''], environment),
    all.length > 0
      ? markup`<h3>Notes</h3>
          <ul>
            ${all.map((note) => markup`<li>${note}</li>`)}
          </ul>`
      : undefined,
    cleanup && !cleanup.complete
      ? markup`<h3>Commands that finish the cleanup</h3>
          <pre class="copy">${cleanup.commands.join('\n')}</pre>`
      : undefined,
    markup`<details>
      <summary>Complete specification (for --spec)</summary>
      <pre class="copy">${JSON.stringify(result.config, null, 2)}</pre>
    </details>`,
    Array.isArray(system.dynamicConfig) && system.dynamicConfig.length > 0
      ? markup`<details>
          <summary>Dynamic configuration of the server</summary>
          <pre>${system.dynamicConfig.join('\n')}</pre>
        </details>`
      : undefined,
  );
}

/** Returns the command with the options that differ from their default on a user's own target. */
function commandOf({ config }: BenchmarkResult): string {
  const options = fieldNames.flatMap((name) => {
    const value = config[name];
    const fallback = (fields[name] as { default?: unknown }).default;
    if (value === undefined || value === null || name === 'namespace' || value === fallback) return [];
    if (typeof value === 'boolean') return [value ? `--${flagOf(name)}` : `--no-${flagOf(name)}`];
    return [`--${flagOf(name)} ${quoted(Array.isArray(value) ? value.join(',') : String(value))}`];
  });
  return ['benchmark run', ...options].join(' ');
}

function quoted(text: string): string {
  return /^[\w.,:=/-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
