import { CliError } from '../../cli/errors';
import type { BenchmarkResult } from '../../report/result-schema';
import type { Clients } from './clients';
import type { Deployment } from './deployment';
import type { RunSettings } from './overrides';

export interface Options {
  readonly workers: number;
  readonly wait: boolean;
  readonly upWithinMs: number;
  readonly everyMs: number;
  /** How long the run may take, from its plan, with room for setup, drain and report. */
  readonly runWithinMs: number;
  readonly say: (line: string) => void;
}

export type Run = (
  clients: Clients,
  deployment: Deployment,
  settings: RunSettings,
  options: Options,
) => Promise<{ readonly result?: BenchmarkResult; readonly exitCode: number }>;

/** Nothing came within its time. */
export function tooLate(what: string, ms: number): CliError {
  return new CliError(
    `${what} did not end within ${Math.round(ms / 60_000)} min; get-benchmark-results finds its result when it is there`,
  );
}
