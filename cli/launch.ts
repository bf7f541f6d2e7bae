import { BENCHMARK_RUN, CAPACITY_SEARCH } from '../orchestrator/benchmark-types';
import { planOf } from '../orchestrator/plan';
import type { BenchmarkResult } from '../report/result-schema';
import type { BenchmarkSpec, SpecInput } from '../spec/parse';
import { readCapacity } from './capacity-options';
import type { Connections } from './connection-options';
import { describeSearch, dryRun } from './dry-run';
import { readSpec } from './spec-options';

/** What a command starts: a run or a capacity search. */
export interface Launch {
  readonly workflowType: string;
  /** The default workflow id is this and the time. */
  readonly idPrefix: string;
  readonly input: SpecInput;
  readonly spec: BenchmarkSpec;
  /** The highest rate that it may send, workflow starts per second. */
  readonly peakRate: number;
  /** One line for people. */
  readonly summary: string;
  /** Returns what it would do, for `--dry-run`. */
  readonly describe: (connections: Connections, measured?: BenchmarkResult) => string;
}

/** @param isEmbedded whether the defaults of an embedded target apply */
export type ReadLaunch = (argv: Readonly<Record<string, unknown>>, isEmbedded: boolean) => Launch;

/** Reads what `benchmark run` starts. Throws a configuration error that names all problems. */
export const readRun: ReadLaunch = (argv, isEmbedded) => {
  const { input, spec } = readSpec(argv, isEmbedded);
  const { workload, mix, stages, hold, rate, duration } = spec;
  const what = mix ?? workload;
  return {
    workflowType: BENCHMARK_RUN,
    idPrefix: 'run',
    input,
    spec,
    peakRate: planOf(spec).peakRate,
    summary: stages ? `${what}: ${stages.join(', ')}/s, ${hold} each` : `${what}: ${rate}/s for ${duration}`,
    describe: (connections, measured) => dryRun(spec, connections, measured),
  };
};

/** Reads what `benchmark capacity` starts. Throws a configuration error that names all problems. */
export const readSearch: ReadLaunch = (argv, isEmbedded) => {
  const { input, capacity } = readCapacity(argv, isEmbedded);
  const { spec, slos, maxRate } = capacity;
  return {
    workflowType: CAPACITY_SEARCH,
    idPrefix: 'capacity',
    input,
    spec,
    peakRate: maxRate,
    summary: `${spec.mix ?? spec.workload}: capacity with ${slos.map(({ name }) => name).join(', ')}`,
    describe: (connections, measured) => describeSearch(capacity, connections, measured),
  };
};
