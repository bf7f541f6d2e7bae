import { ApplicationFailure, CancellationScope, patched, upsertMemo } from '@temporalio/workflow';
import type { BenchmarkResult } from '../report/result-schema';
import { parseCapacity, type CapacitySpec } from '../spec/capacity';
import type { SpecInput } from '../spec/parse';
import { describeProblems } from '../spec/problems';
import { BAD_SPEC } from './benchmark-types';
import { requireCarried, type Carried } from './carried';
import { concludeSearch, continueRunAsNew, measure } from './phases';
import { RunState } from './run-state';
import { runSearch } from './search';
import { SearchState } from './search-state';

/**
 * Finds the highest rate that a Temporal cluster holds: runs trials, each of them a step of a benchmark, until it knows for
 * each limit which rate holds and which does not. The phases before and after the load are those of a run.
 */
export async function CapacitySearch(input?: SpecInput, carried?: Carried): Promise<BenchmarkResult> {
  const capacity = parseInput(input);
  requireCarried(carried);
  const search = new SearchState(capacity, input ?? {}, carried?.search, hasFormerRules());
  const state = new RunState(capacity.spec, carried, search);
  const measurement = new CancellationScope();
  state.setHandlers(() => measurement.cancel());
  upsertMemo({ runId: state.run.runId, namespace: state.run.namespace });

  await measure(state, measurement, (run) => runSearch(run, search));
  if (state.pausedForNewHistory) await continueRunAsNew(state, input);
  return await concludeSearch(state);
}

/** A search that began before the rules changed keeps the former ones, because they decide which trials it runs. */
function hasFormerRules(): boolean {
  return !patched('capacity-search-rules-2');
}

function parseInput(input: SpecInput | undefined): CapacitySpec {
  const parsed = parseCapacity(input);
  if (parsed.ok) return parsed.capacity;
  throw ApplicationFailure.nonRetryable(describeProblems(parsed.problems), BAD_SPEC, parsed.problems);
}
