import { table } from '../../spec/table';
import { workloadFields } from '../../spec/workload-fields';
import type { BenchmarkResult } from '../result-schema';

/** A setting or a property of the environment in which the two sides differ. */
export interface Difference {
  readonly what: string;
  readonly base: string;
  readonly changed: string;
}

/** The fields that define what is measured. Results that differ in one of them measured different things. */
export const SUBJECT: readonly string[] = [...Object.keys(workloadFields), 'rate', 'stages', 'arrivals'];

/** The fields that cannot change a measured value. */
const IRRELEVANT: readonly string[] = [
  'iterations',
  'namespace',
  'taskQueue',
  'deleteNamespace',
  'retention',
  'seed',
  'maxP99',
  'minThroughput',
  'maxErrorRate',
];

type Config = BenchmarkResult['config'];

/** A spec with the name of its run. */
interface Named {
  readonly name: string;
  readonly config: Config;
}

/** Returns a sentence for each field in which two specs measure different things. */
export function subjectDifferences(base: Named, changed: Named): string[] {
  return SUBJECT.flatMap((field) => {
    if (field === 'rate' && base.config.stages !== undefined && changed.config.stages !== undefined) return [];
    const [a, b] = [show(configValue(base.config, field)), show(configValue(changed.config, field))];
    return a === b ? [] : [`${field} is ${a} in ${base.name} and ${b} in ${changed.name}`];
  });
}

/** Returns what else differs between the two sides: first the settings, then the environment. */
export function otherDifferences(base: readonly BenchmarkResult[], changed: readonly BenchmarkResult[]): Difference[] {
  const names = new Set([...base, ...changed].flatMap(({ config }) => Object.keys(config)));
  const settings = [...names].sort().filter((name) => !SUBJECT.includes(name) && !IRRELEVANT.includes(name));
  const properties: [string, (result: BenchmarkResult) => unknown][] = [
    ...settings.map((name): [string, (result: BenchmarkResult) => unknown] => [
      name,
      ({ config }) => configValue(config, name),
    ]),
    ['server version', ({ system }) => system.serverVersion],
    ['history shards', ({ system }) => system.historyShards],
    ['services', ({ system }) => system.services],
    ['persistence', ({ system }) => system.persistence],
    ['visibility', ({ system }) => system.visibility],
    ['server machine', ({ system }) => system.instanceType],
    ['dynamic configuration', ({ system }) => system.dynamicConfig],
    ['generators', ({ generators }) => generators.length],
    ['generator machine', machineOf],
    ['Node', ({ generators }) => generators[0]?.machine?.node],
    ['SDK', ({ generators }) => generators[0]?.machine?.sdk],
  ];
  return properties.flatMap(([what, read]) => {
    const side = (results: readonly BenchmarkResult[]) =>
      [...new Set(results.map((result) => show(read(result))))].sort().join(' and ');
    const [a, b] = [side(base), side(changed)];
    return a === b ? [] : [{ what, base: a, changed: b }];
  });
}

/** Returns a field's value. A result of an older version lacks newer fields, which then had their default. */
export function configValue(config: Config, field: string): unknown {
  return (
    config[field] ?? (table as unknown as Readonly<Record<string, { default?: unknown } | undefined>>)[field]?.default
  );
}

function machineOf({ generators }: BenchmarkResult): unknown {
  const machine = generators[0]?.machine;
  if (!machine) return undefined;
  const { cpus, memoryBytes, platform, instanceType } = machine;
  const name = instanceType === 'unknown' ? '' : `, ${instanceType}`;
  return `${cpus} CPUs, ${(memoryBytes / 2 ** 30).toFixed(0)} GiB, ${platform}${name}`;
}

function show(value: unknown): string {
  if (value === undefined || value === null) return 'not set';
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.join(', ');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
