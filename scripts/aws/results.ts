import { paginateFilterLogEvents } from '@aws-sdk/client-cloudwatch-logs';
import { fromLogLines } from '../../machine/log-lines';
import { resultSchema, type BenchmarkResult } from '../../report/result-schema';
import { CliError } from '../../cli/errors';
import { call, type Clients } from './clients';
import type { Deployment } from './deployment';

export interface LogRange {
  readonly sinceMs: number;
  /** Read only streams with this prefix, for example `run/benchmark/<task>`. */
  readonly streamPrefix?: string;
}

/**
 * Reads the results from the log group, the latest last.
 *
 * @throws CliError if a result does not match the schema of this version
 */
export async function readResults(
  clients: Clients,
  { log_group }: Deployment,
  range: LogRange,
): Promise<BenchmarkResult[]> {
  return fromLogLines(await readLines(clients, log_group, range, '"benchmarkResult"')).map(parseResult);
}

/** Reads all log lines in the order of their time. */
export async function readLog(clients: Clients, { log_group }: Deployment, range: LogRange): Promise<string[]> {
  return await readLines(clients, log_group, range);
}

async function readLines(clients: Clients, logGroupName: string, range: LogRange, filterPattern?: string) {
  return await call(`log group ${logGroupName}`, () => readPages(clients, logGroupName, range, filterPattern));
}

async function readPages(
  { logs }: Clients,
  logGroupName: string,
  range: LogRange,
  filterPattern?: string,
): Promise<string[]> {
  const pages = paginateFilterLogEvents(
    { client: logs },
    {
      logGroupName,
      startTime: range.sinceMs,
      logStreamNamePrefix: range.streamPrefix,
      filterPattern,
    },
  );
  const lines: string[] = [];
  for await (const { events = [] } of pages) lines.push(...events.map(({ message = '' }) => message.trim()));
  return lines;
}

function parseResult(value: unknown): BenchmarkResult {
  const parsed = resultSchema.safeParse(value);
  if (parsed.success) return parsed.data as BenchmarkResult;
  const [first] = parsed.error.issues;
  throw new CliError(
    `a result in the log does not match this version (${first?.path.join('.')}: ${first?.message}); use the scripts of the version that wrote it`,
  );
}
