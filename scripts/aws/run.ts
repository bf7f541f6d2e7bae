import { CliError } from '../../cli/errors';
import type { BenchmarkResult } from '../../report/result-schema';
import type { Clients } from './clients';
import type { Deployment } from './deployment';
import type { RunSettings } from './overrides';

export interface Options {
  readonly loadTasks: number;
  readonly wait: boolean;
  readonly startTimeoutMs: number;
  readonly pollEveryMs: number;
  /** Longest duration of the run: its plan plus time for setup, drain and report. */
  readonly runTimeoutMs: number;
  readonly print: (line: string) => void;
}

export type Run = (
  clients: Clients,
  deployment: Deployment,
  settings: RunSettings,
  options: Options,
) => Promise<{ readonly result?: BenchmarkResult; readonly exitCode: number }>;

export function runTimedOut(what: string, timeoutMs: number): CliError {
  return new CliError(
    `${what} did not end within ${Math.round(timeoutMs / 60_000)} min; read its result later with get-benchmark-results`,
  );
}
