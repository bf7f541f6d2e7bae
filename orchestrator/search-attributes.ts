import { upsertMemo, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import {
  defineSearchAttributeKey,
  SearchAttributeType,
  TypedSearchAttributes,
  type SearchAttributePair,
} from '@temporalio/common';
import type { BenchmarkResult } from '../report/result-schema';
import type { BenchmarkSpec } from '../spec/parse';
import type { RunMemo } from './run-ref';

/** The search attributes of a run on a control server, by which the Temporal UI filters runs. */
export const SEARCH_ATTRIBUTES = {
  outcome: defineSearchAttributeKey('BenchmarkOutcome', SearchAttributeType.KEYWORD),
  workload: defineSearchAttributeKey('BenchmarkWorkload', SearchAttributeType.KEYWORD),
  rate: defineSearchAttributeKey('BenchmarkRate', SearchAttributeType.DOUBLE),
  capacity: defineSearchAttributeKey('BenchmarkCapacity', SearchAttributeType.DOUBLE),
} as const;

/** Returns what is known when a run starts: its workload, and the highest rate that it sends. A search chooses its rates. */
export function initialAttributes(spec: BenchmarkSpec, peakRate: number | undefined): TypedSearchAttributes {
  const { workload, rate } = SEARCH_ATTRIBUTES;
  return new TypedSearchAttributes([
    { key: workload, value: spec.mix ?? spec.workload },
    ...(peakRate === undefined ? [] : [{ key: rate, value: peakRate }]),
  ]);
}

/** Returns what a result adds: its outcome, and the highest rate that a search or a staircase has proved. */
export function attributesOf({ outcome, capacity, staircase }: BenchmarkResult) {
  return { outcome, capacity: capacity?.goals[0]?.holds ?? staircase?.highestPassedRate ?? null };
}

/**
 * Records the outcome of a run where the Temporal UI shows it: in search attributes if the command that started the run has
 * found them on the control server, or else in the memo. The memo says which, so a replay does the same.
 */
export function publishResult(result: BenchmarkResult): void {
  const { findBy } = (workflowInfo().memo ?? {}) as RunMemo;
  if (findBy === undefined) return;
  const { outcome, capacity } = attributesOf(result);
  if (findBy === 'memo') return upsertMemo({ outcome, ...(capacity === null ? {} : { capacity }) });
  const found: SearchAttributePair[] = [{ key: SEARCH_ATTRIBUTES.outcome, value: outcome }];
  if (capacity !== null) found.push({ key: SEARCH_ATTRIBUTES.capacity, value: capacity });
  upsertSearchAttributes(found);
}
