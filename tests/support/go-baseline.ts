import { spawn } from 'node:child_process';
import { goProgram } from './go-programs';

/** What the Go client and worker measured, as it prints it. */
export interface BaselineResult {
  readonly workload: string;
  readonly scheduled: number;
  readonly started: number;
  readonly completed: number;
  /** Workflows that did not complete, by kind of error. */
  readonly errors: Readonly<Record<string, number>>;
  /** From the due time in open loop; milliseconds. */
  readonly latencyMs: Readonly<Partial<Record<'p50' | 'p95' | 'p99' | 'max', number>>>;
  readonly seconds: number;
  /** Completed workflows per second. */
  readonly ratePerSecond: number;
  readonly cpuSeconds: number;
  readonly cpuMsPerWorkflow: number;
  readonly maxRssBytes: number;
}

/**
 * Runs the plain Go client and worker to its end, e.g. with `['-rate', '40', '-duration', '60s']`. Builds the program if
 * necessary. tests/support/go-baseline/README.md has its flags.
 */
export async function runGoBaseline(address: string, flags: readonly string[]): Promise<BaselineResult> {
  const child = spawn(goProgram('go-baseline'), ['-address', address, ...flags], { stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const code = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
  if (code !== 0) throw new Error(`go-baseline ended with code ${String(code)}: ${stderr.slice(-2000)}`);
  return JSON.parse(stdout) as BaselineResult;
}
