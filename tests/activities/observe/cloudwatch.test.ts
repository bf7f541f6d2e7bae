import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { MockActivityEnvironment } from '@temporalio/testing';
import { databaseSource, type DatabaseSource } from '../../../activities/observe/cloudwatch';
import { createReadDatabase } from '../../../activities/observe/read-database';
import { CLOUDWATCH_MEASURES } from '../../../measurement/server/cloudwatch';
import { passTimeUntil } from '../../support/passing-time';

interface Asked {
  readonly target: string;
  readonly authorization: string;
  readonly body: { NextToken?: string; MetricDataQueries: { MetricStat: object }[] };
}

/** A CloudWatch that gives these replies, one after the other. */
async function cloudWatch(...replies: { readonly status?: number; readonly body: object }[]) {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      const { authorization = '', 'x-amz-target': target } = request.headers;
      asked.push({ target: String(target), authorization, body: JSON.parse(text) as Asked['body'] });
      const { status = 200, body } = replies[asked.length - 1]!;
      response.writeHead(status).end(JSON.stringify(body));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const source = databaseSource({
    BENCHMARK_SERVER_DSQL_CLUSTER: 'abc123',
    BENCHMARK_SERVER_DSQL_REGION: 'eu-west-1',
    AWS_ENDPOINT_URL_CLOUDWATCH: url,
  })!;
  return { asked, source, close: () => server.close() };
}

const minutes = { fromSeconds: 600, toSeconds: 720 };
const result = (Id: string, Timestamps: number[], Values: number[]) => {
  return { Id, Label: `${Id} Sum`, Timestamps, Values, StatusCode: 'Complete' };
};

let environment: NodeJS.ProcessEnv;
beforeEach(() => {
  environment = { ...process.env };
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'planted' });
});
afterEach(() => {
  process.env = environment;
});

test('GetMetricData is asked for the metrics of the cluster per minute, page by page, with a signed request', async () => {
  const first = { MetricDataResults: [result('totalTransactions', [600], [1200])], NextToken: 'next' };
  const second = {
    MetricDataResults: [result('totalTransactions', [660], [600]), result('commitLatency', [660], [4.5])],
  };
  const { source, asked, close } = await cloudWatch({ body: first }, { body: second });
  const values = await source(minutes);
  close();
  expect([...values.get('TotalTransactions')!]).toEqual([
    [600, 1200],
    [660, 600],
  ]);
  expect([...values.get('CommitLatency')!]).toEqual([[660, 4.5]]);
  const [{ target, authorization, body }, { body: next }] = asked as [Asked, Asked];
  expect(target).toBe('GraniteServiceVersion20100801.GetMetricData');
  expect(authorization).toMatch(/Credential=AKIDEXAMPLE\/\d{8}\/eu-west-1\/monitoring\/aws4_request/);
  expect(body).toMatchObject({ StartTime: 600, EndTime: 720 });
  expect(body.MetricDataQueries).toHaveLength(CLOUDWATCH_MEASURES.length);
  expect(body.MetricDataQueries[0]!.MetricStat).toEqual({
    Metric: {
      Namespace: 'AWS/AuroraDSQL',
      MetricName: 'CommitLatency',
      Dimensions: [{ Name: 'ClusterId', Value: 'abc123' }],
    },
    Period: 60,
    Stat: 'Average',
  });
  expect([body.NextToken, next.NextToken]).toEqual([undefined, 'next']);
});

test('a refused request is an error with the status and the type of the error only', async () => {
  const denied = { __type: 'com.amazonaws#AccessDeniedException', message: 'user arn:aws:iam::1:user/x' };
  const { source, close } = await cloudWatch({ status: 403, body: denied });
  await expect(source(minutes)).rejects.toThrow(/^answered 403 AccessDeniedException$/);
  close();
});

test('without a cluster, or without its region, there is no source', () => {
  expect(databaseSource({ BENCHMARK_SERVER_DSQL_REGION: 'eu-west-1' })).toBeUndefined();
  expect(databaseSource({ BENCHMARK_SERVER_DSQL_CLUSTER: 'abc123' })).toBeUndefined();
});

let controlClock: () => number = () => Date.now();
const clock = async () => controlClock;
const read = (source: DatabaseSource | undefined, ...holds: [startAtMs: number, durationMs: number][]) =>
  new MockActivityEnvironment().run(
    createReadDatabase({ source, clock }),
    holds.map(([startAtMs, durationMs]) => ({ startAtMs, durationMs })),
  ) as ReturnType<ReturnType<typeof createReadDatabase>>;

test('what CloudWatch does not have is unknown, with the reason', async () => {
  const all = new Map(CLOUDWATCH_MEASURES.map(({ metric }) => [metric, new Map([[600, 5]])]));
  all.delete('WriteDPU');
  const failing = () => Promise.reject(new Error('answered 403'));
  const unknown = async (source: DatabaseSource | undefined, durationMs = 60_000) =>
    (await read(source, [600_000, durationMs]))[0]!.unknown;
  expect(await unknown(async () => all)).toEqual(['CloudWatch had no value of WriteDPU']);
  expect(await unknown(failing)).toEqual(['CloudWatch answered 403']);
  expect(await unknown(failing, 59_000)).toEqual([expect.stringContaining('the hold contains no whole minute')]);
  expect(await unknown(undefined)).toEqual([expect.stringContaining('was not read')]);
});

test('the values of the last minute are waited for', async () => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'performance'], now: 720_000 });
  let asked = 0;
  const source = async () => {
    asked += 1;
    return new Map([
      [
        'TotalTransactions',
        new Map(
          asked < 5
            ? [[600, 7]]
            : [
                [600, 7],
                [660, 8],
              ],
        ),
      ],
    ]);
  };
  const [found] = await passTimeUntil(read(source, [600_000, 120_000]), 5000);
  jest.useRealTimers();
  expect(asked).toBe(5);
  expect(found!.readings).toMatchObject([{ name: 'Aurora DSQL transactions', count: 15 }]);
});

test.each([-3_600_000, 3_600_000])(
  'on a machine whose clock is %d ms ahead, the last minute is waited for as long as on any other',
  async (aheadMs) => {
    const end = 36_000_000;
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'performance'], now: end + aheadMs });
    controlClock = () => Date.now() - aheadMs;
    const beganAt = Date.now();
    await passTimeUntil(
      read(async () => new Map([['TotalTransactions', new Map([[end / 1000 - 120, 7]])]]), [end - 120_000, 120_000]),
      5000,
    );
    const waitedMs = Date.now() - beganAt;
    jest.useRealTimers();
    controlClock = () => Date.now();
    expect(waitedMs).toBeGreaterThan(200_000);
    expect(waitedMs).toBeLessThan(260_000);
  },
);
