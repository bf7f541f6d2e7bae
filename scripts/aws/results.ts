import { FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { fromLogLines } from '../../machine/log-lines';
import { resultSchema, type BenchmarkResult } from '../../report/result-schema';
import { CliError } from '../../cli/errors';
import { call, type Clients } from './clients';
import type { Deployment } from './deployment';

export interface Where {
  readonly sinceMs: number;
  /** Only streams that begin so, e.g. `run/benchmark/<task>`. */
  readonly streamPrefix?: string;
}

/** The results in the log since then, the latest last, each checked against the schema. */
export async function readResults(
  { logs }: Clients,
  { log_group }: Deployment,
  where: Where,
): Promise<BenchmarkResult[]> {
  const lines: string[] = [];
  let nextToken: string | undefined;
  do {
    const page = await call(`the log group ${log_group}`, () =>
      logs.send(
        new FilterLogEventsCommand({
          logGroupName: log_group,
          startTime: where.sinceMs,
          logStreamNamePrefix: where.streamPrefix,
          filterPattern: '"benchmarkResult"',
          nextToken,
        }),
      ),
    );
    lines.push(...(page.events ?? []).map(({ message = '' }) => message.trim()));
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
  return fromLogLines(lines).map(checked);
}

function checked(value: unknown): BenchmarkResult {
  const parsed = resultSchema.safeParse(value);
  if (parsed.success) return parsed.data as BenchmarkResult;
  const [first] = parsed.error.issues;
  throw new CliError(
    `a result in the log is not one of this version (${first?.path.join('.')}: ${first?.message}); use the scripts of the version that made it`,
  );
}
