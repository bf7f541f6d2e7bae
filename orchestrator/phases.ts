import {
  allHandlersFinished,
  ApplicationFailure,
  CancellationScope,
  condition,
  continueAsNew,
  isCancellation,
  rootCause,
  setCurrentDetails,
} from '@temporalio/workflow';
import { resultOf } from '../report/result';
import type { BenchmarkResult } from '../report/result-schema';
import type { SpecInput } from '../spec/parse';
import { MISCONFIGURED, RUN_FAILED } from './benchmark-types';
import { summaryOf } from './details';
import { failureType } from './failure-type';
import { PHASES, type Phase } from './messages';
import type { RunState } from './run-state';
import { checkHealth, describeSystem, prepareNamespace, startHosts } from './set-up';
import { reconcile } from './reconcile';
import { publishResult } from './search-attributes';
import { cleanUp, judgeAll, readDatabase, readHosts, sampleWorkload } from './settle';

/** Runs one phase. An execution that continues an earlier one skips the phases before the load. */
async function phase<T>(state: RunState, name: Phase, work: (state: RunState) => Promise<T>): Promise<T | undefined> {
  if (state.carried && PHASES.indexOf(name) < PHASES.indexOf('load')) return undefined;
  state.enter(name);
  return await work(state);
}

/**
 * Runs the phases that measure: they check and prepare the target, start the hosts and send the load. Records a failure or
 * a cancellation in the run's findings and does not throw it.
 */
export async function measure(
  state: RunState,
  scope: CancellationScope,
  load: (state: RunState) => Promise<void>,
): Promise<void> {
  try {
    await scope.run(async () => {
      await phase(state, 'health', checkHealth);
      await phase(state, 'namespace', prepareNamespace);
      await phase(state, 'system', describeSystem);
      await phase(state, 'hosts', startHosts);
      await phase(state, 'load', load);
    });
    // A canceled step returns what it has measured, so a cancellation does not always cause an error.
    if (scope.consideredCancelled) state.abort('canceled');
  } catch (err) {
    if (isCancellation(err)) state.abort('canceled');
    else {
      state.found.error = rootCause(err) ?? String(err);
      state.found.misconfigured = MISCONFIGURED.some((type) => type === failureType(err));
    }
  }
}

/**
 * Settles the account, judges, cleans up and reports, also after a failure or a cancellation. Throws the failure with the
 * result in its details.
 */
export async function conclude(state: RunState): Promise<BenchmarkResult> {
  return await concludeWith(state, judgeAll);
}

/** As {@link conclude}, for a search: each of its trials was judged with its settled account. */
export async function concludeSearch(state: RunState): Promise<BenchmarkResult> {
  return await concludeWith(state, async () => undefined);
}

async function concludeWith(state: RunState, judge: (state: RunState) => Promise<void>): Promise<BenchmarkResult> {
  return await CancellationScope.nonCancellable(async () => {
    await phase(state, 'drain', readHosts);
    await phase(state, 'reconcile', reconcile);
    await phase(state, 'sample', sampleWorkload);
    await phase(state, 'sample', readDatabase);
    await phase(state, 'verdict', judge);
    await phase(state, 'cleanup', cleanUp);
    state.enter('report');
    return report(state);
  });
}

function report(state: RunState): BenchmarkResult {
  const result = resultOf(state.facts());
  state.enter('done');
  setCurrentDetails(summaryOf(result));
  publishResult(result);
  if (state.found.error === undefined) return result;
  throw ApplicationFailure.create({
    message: state.found.error,
    type: RUN_FAILED,
    nonRetryable: true,
    details: [result],
  });
}

/**
 * Continues the run as new, between two iterations or trials: no step is open, and every message is answered first. Returns if the
 * run was aborted in the meantime.
 */
export async function continueRunAsNew(state: RunState, input: SpecInput | undefined): Promise<void> {
  await CancellationScope.nonCancellable(() => condition(allHandlersFinished));
  if (CancellationScope.current().consideredCancelled) state.abort('canceled');
  if (state.found.abortReason === undefined) await continueAsNew(input, state.carry());
}
