import { join } from 'node:path';
import { abbaOrder, type SideName } from '../measurement/comparing/abba';
import { readableMs, readableRate } from '../measurement/format/durations';
import { EXIT } from '../report/exit-codes';
import type { BenchmarkResult } from '../report/result-schema';
import type { RunOutcome } from '../machine/await-run';
import { checkFrontend } from '../temporal/check-frontend';
import { confirmTarget } from './confirm-target';
import { writeResult } from './deliver';
import { CliError } from './errors';
import { follow } from './follow';
import type { InterleavedRuns } from './interleaved-options';
import { nameOfSignal } from './interruption';
import { leaveLocalSession } from './local-session';
import { launchRun, type CheckedRun } from './start-run';

/** The results of both sides, each in the order in which they ran. */
export type SideResults = Readonly<Record<SideName, readonly BenchmarkResult[]>>;

export interface Interleaved extends SideResults {
  /** How often INVALID runs of each side were repeated. Only the last repetition is among the results of the side. */
  readonly repeated: Readonly<Record<SideName, number>>;
}

interface Place {
  /** The folder of the results. */
  readonly dir: string;
  /** The beginning of all workflow IDs. */
  readonly id: string;
}

/** Asks for consent to each target, and checks that it can be reached, before anything is started. */
export async function requireTargets(runs: InterleavedRuns, confirmed: boolean): Promise<void> {
  const targets = [runs.base, runs.new].flatMap(({ connections }) => connections.target ?? []);
  const addresses = [...new Set(targets.map(({ address }) => address))];
  if (!confirmed) for (const address of addresses) await confirmTarget(address);
  for (const { connections } of [runs.base, runs.new])
    if (connections.target) await checkFrontend(connections.target, connections.connectTimeoutMs);
}

/**
 * Runs both sides in ABBA order, each run in processes of its own, so that no run benefits from the caches of an earlier
 * one. Writes the files of each result to `<dir>/base-1`, `<dir>/new-1` and so on. INVALID runs are repeated, at most as many
 * times on each side as it has runs.
 *
 * Throws if a run is aborted, or has no result that can be compared; the error names what exists.
 */
export async function runInterleaved(
  runs: InterleavedRuns,
  place: Place,
  confirmed: boolean,
  perform: PerformRun = performRun,
): Promise<Interleaved> {
  const series = new Series(runs, place, confirmed, perform);
  const interrupt = (signal: NodeJS.Signals) => series.interrupt(nameOfSignal(signal));
  // A run in progress has handlers of its own. Between two runs, only these are there.
  for (const signal of SIGNALS) process.on(signal, interrupt);
  try {
    for (const side of abbaOrder(runs.count)) await series.runOnce(side);
    return series.results;
  } catch (err) {
    const { message, exitCode } = err instanceof CliError ? err : new CliError((err as Error).message);
    throw new CliError(`${message}\n${series.describe()}`, exitCode);
  } finally {
    for (const signal of SIGNALS) process.off(signal, interrupt);
  }
}

/**
 * Starts a run, shows it until it ends, and writes the files of its result.
 *
 * @param dir the folder of the files
 */
async function performRun(checked: CheckedRun, dir: string, confirmed: boolean): Promise<RunOutcome> {
  const { run, connections } = await launchRun(checked, confirmed);
  try {
    const outcome = await follow(run, connections.env);
    await run.connection.close();
    const problem = outcome.result && writeResult(outcome.result, dir).problem;
    if (problem === undefined && run.session) await leaveLocalSession(run.session);
    if (problem === undefined) return outcome;
    run.session?.saveOutcome(outcome);
    run.session?.unwatch();
    throw new CliError(problem);
  } finally {
    await run.roles?.stop(true);
  }
}

export type PerformRun = typeof performRun;

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

class Series {
  private readonly done: Record<SideName, BenchmarkResult[]> = { base: [], new: [] };
  private readonly repeated: Record<SideName, number> = { base: 0, new: 0 };
  private readonly confirmed: Record<SideName, boolean>;
  private interruptedBy?: string;

  constructor(
    private readonly runs: InterleavedRuns,
    private readonly place: Place,
    confirmed: boolean,
    private readonly perform: PerformRun,
  ) {
    const isConfirmed = ({ connections }: CheckedRun) => confirmed || connections.target !== undefined;
    this.confirmed = { base: isConfirmed(runs.base), new: isConfirmed(runs.new) };
  }

  get results(): Interleaved {
    return { ...this.done, repeated: this.repeated };
  }

  interrupt(signal: string): void {
    this.interruptedBy ??= signal;
  }

  /** Says which results exist. */
  describe(): string {
    const { base, new: changed } = this.done;
    const { count } = this.runs;
    const so = `${base.length} of ${count} runs of the base and ${changed.length} of ${count} of the new side are complete`;
    if (base.length + changed.length === 0) return 'No run is complete, and nothing is compared.';
    const files = (side: SideName) => join(this.place.dir, `${side}-*`, 'result.json');
    const command = `benchmark compare --base ${files('base')} --new ${files('new')}`;
    return `Nothing is compared: ${so}. Their results are in ${this.place.dir}.${base.length * changed.length > 0 ? ` To compare them: ${command}` : ''}`;
  }

  /** Runs a side once more. Repeats an INVALID run until it is valid, as long as the side has repetitions left. */
  async runOnce(side: SideName): Promise<void> {
    const number = this.done[side].length + 1;
    const name = `${side}-${number}`;
    let result = await this.run(side, name, number);
    for (let again = 1; result.outcomes.includes('INVALID') && this.repeated[side] < this.runs.count; again += 1) {
      process.stderr.write(`${name} is INVALID and is repeated: ${result.validity?.reasons[0] ?? 'no reason'}\n`);
      this.repeated[side] += 1;
      result = await this.run(side, `${name}-repeated${again === 1 ? '' : `-${again}`}`, number);
    }
    this.done[side].push(result);
  }

  private async run(side: SideName, name: string, number: number): Promise<BenchmarkResult> {
    this.throwIfInterrupted();
    const checked = this.runs[side];
    process.stderr.write(`\n${side} ${number} of ${this.runs.count}\n`);
    const outcome = await this.perform(
      { ...checked, givenId: `${this.place.id}-${name}` },
      join(this.place.dir, name),
      this.confirmed[side],
    );
    this.confirmed[side] = true;
    return requireUsable(outcome, name);
  }

  private throwIfInterrupted(): void {
    if (this.interruptedBy !== undefined) throw new CliError(`interrupted by ${this.interruptedBy}`, EXIT.interrupted);
  }
}

/** Outcomes after which the other runs cannot lead to a comparison. */
const FATAL = ['BAD_CONFIGURATION', 'ERROR', 'ABORTED', 'UNACCOUNTED'];

function requireUsable({ result, error }: RunOutcome, name: string): BenchmarkResult {
  if (result === undefined) throw new CliError(`${name}: ${error ?? 'the run ended without a result'}`);
  const { outcome, outcomes, rates, latency } = { ...result, ...result.results };
  const why = result.error ?? result.abortReason ?? result.server.open[0];
  if (outcomes.some((one) => FATAL.includes(one)))
    throw new CliError(`${name} is ${outcome}${why === undefined ? '' : `: ${why}`}`, result.exitCode);
  const figures = `${readableRate(rates.completed)} completed, p50 ${readableMs(latency.p50)}, p99 ${readableMs(latency.p99)}`;
  process.stderr.write(`${name}: ${outcome}, ${figures}\n`);
  return result;
}
