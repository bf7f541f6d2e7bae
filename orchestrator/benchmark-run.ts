import { ApplicationFailure, CancellationScope, upsertMemo } from '@temporalio/workflow';
import type { BenchmarkResult } from '../report/result-schema';
import { parseSpec, type BenchmarkSpec, type SpecInput } from '../spec/parse';
import { describeProblems } from '../spec/problems';
import { BAD_SPEC } from './benchmark-types';
import { requireCarried, type Carried } from './carried';
import { runLoad } from './load';
import { conclude, continueRunAsNew, measure } from './phases';
import { RunState } from './run-state';

/** Runs one benchmark of a Temporal cluster, phase by phase. After a failure or a cancellation it still cleans up and reports. */
export async function BenchmarkRun(input?: SpecInput, carried?: Carried): Promise<BenchmarkResult> {
  const state = new RunState(parseInput(input), requireCarried(carried));
  const measurement = new CancellationScope();
  state.setHandlers(() => measurement.cancel());
  upsertMemo({ runId: state.run.runId, namespace: state.run.namespace });

  await measure(state, measurement, runLoad);
  if (state.pausedForNewHistory) await continueRunAsNew(state, input);
  return await conclude(state);
}

function parseInput(input: SpecInput | undefined): BenchmarkSpec {
  const parsed = parseSpec(input);
  if (parsed.ok) return parsed.spec;
  throw ApplicationFailure.nonRetryable(describeProblems(parsed.problems), BAD_SPEC, parsed.problems);
}
