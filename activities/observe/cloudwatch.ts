import { CLOUDWATCH_MEASURES, type MinuteValues, type Minutes } from '../../measurement/server/cloudwatch';
import { answerOf } from './answers';
import { signedHeaders } from './sigv4';

type Environment = Readonly<Record<string, string | undefined>>;

const TIMEOUT_MS = 10_000;

/** Returns the values of the metrics of an Aurora DSQL cluster by minute. Errors contain no credentials. */
export type DatabaseSource = (minutes: Minutes) => Promise<ReadonlyMap<string, MinuteValues>>;

/**
 * Returns the source that the environment configures: the Aurora DSQL cluster BENCHMARK_SERVER_DSQL_CLUSTER in
 * BENCHMARK_SERVER_DSQL_REGION (or AWS_REGION), read with the AWS SDK's default credentials, which need
 * `cloudwatch:GetMetricData`. Undefined if no cluster is configured.
 */
export function databaseSource(env: Environment = process.env): DatabaseSource | undefined {
  const { BENCHMARK_SERVER_DSQL_CLUSTER: cluster } = env;
  const region = env.BENCHMARK_SERVER_DSQL_REGION || env.AWS_REGION || env.AWS_DEFAULT_REGION;
  if (!cluster || !region) return undefined;
  const suffix = region.startsWith('cn-') ? '.cn' : '';
  const url =
    env.AWS_ENDPOINT_URL_CLOUDWATCH || env.AWS_ENDPOINT_URL || `https://monitoring.${region}.amazonaws.com${suffix}/`;
  return async ({ fromSeconds, toSeconds }) => {
    const queries = CLOUDWATCH_MEASURES.map(({ metric, kind }) => ({
      Id: metric[0]!.toLowerCase() + metric.slice(1),
      MetricStat: {
        Metric: {
          Namespace: 'AWS/AuroraDSQL',
          MetricName: metric,
          Dimensions: [{ Name: 'ClusterId', Value: cluster }],
        },
        Period: 60,
        Stat: kind === 'sum' ? 'Sum' : 'Average',
      },
    }));
    const values = new Map<string, Map<number, number>>();
    let token: string | undefined;
    do {
      const page = await getMetricData(url, region, {
        StartTime: fromSeconds,
        EndTime: toSeconds,
        MetricDataQueries: queries,
        ...(token === undefined ? {} : { NextToken: token }),
      });
      for (const { Id, Timestamps = [], Values = [] } of page.MetricDataResults ?? []) {
        const metric = Id[0]!.toUpperCase() + Id.slice(1);
        const known = values.get(metric) ?? new Map<number, number>();
        Timestamps.forEach((at, i) => known.set(at, Values[i]!));
        values.set(metric, known);
      }
      token = page.NextToken;
    } while (token !== undefined);
    return values;
  };
}

interface MetricData {
  readonly MetricDataResults?: readonly {
    readonly Id: string;
    readonly Timestamps?: readonly number[];
    readonly Values?: readonly number[];
  }[];
  readonly NextToken?: string;
}

/** Calls GetMetricData. Throws with the status and the type of the error; the message continues `CloudWatch`. */
async function getMetricData(url: string, region: string, input: object): Promise<MetricData> {
  const body = JSON.stringify(input);
  const target = {
    'content-type': 'application/x-amz-json-1.0',
    'x-amz-target': 'GraniteServiceVersion20100801.GetMetricData',
  };
  const headers = await signedHeaders(url, body, { service: 'monitoring', region }, target).catch((err: Error) => {
    throw new Error(`was not read: no AWS credentials (${err.name})`);
  });
  const response = await fetch(url, { method: 'POST', headers, body, signal: AbortSignal.timeout(TIMEOUT_MS) }).catch(
    (err: Error & { cause?: { code?: string } }) => {
      throw new Error(`did not answer (${err.cause?.code ?? err.name})`);
    },
  );
  if (response.ok) return await answerOf<MetricData>(response);
  const { __type: type = '' } = (await response.json().catch(() => ({}))) as { __type?: string };
  throw new Error(`answered ${[response.status, type.split('#').at(-1)].join(' ').trim()}`);
}
