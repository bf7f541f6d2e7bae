import { databaseSource } from '../../activities/observe/cloudwatch';
import { Moto } from '../support/moto';
import { testNeeding } from '../support/needs';
import { canPip } from '../support/pip';

jest.setTimeout(180_000);

testNeeding(canPip, 'pip')(
  'CloudWatch (moto) returns what was put for the cluster, and nothing of another one',
  async () => {
    const moto = await Moto.start();
    const environment = { ...process.env };
    Object.assign(process.env, moto.environment);
    try {
      const minute = Math.floor(Date.now() / 60_000) * 60 - 120;
      const put = async (cluster: string, metric: string, value: number, at: number) => {
        const datum = {
          MetricName: metric,
          Dimensions: [{ Name: 'ClusterId', Value: cluster }],
          Timestamp: at,
          Value: value,
        };
        const response = await fetch(moto.endpoint, {
          method: 'POST',
          headers: {
            'content-type': 'application/x-amz-json-1.0',
            'x-amz-target': 'GraniteServiceVersion20100801.PutMetricData',
            authorization:
              'AWS4-HMAC-SHA256 Credential=test/20260101/eu-west-1/monitoring/aws4_request, SignedHeaders=host, Signature=0',
          },
          body: JSON.stringify({ Namespace: 'AWS/AuroraDSQL', MetricData: [datum] }),
        });
        expect(response.status).toBe(200);
      };
      await put('abc123', 'OccConflicts', 2, minute + 5);
      await put('abc123', 'OccConflicts', 3, minute + 50);
      await put('abc123', 'CommitLatency', 4, minute + 5);
      await put('abc123', 'CommitLatency', 5, minute + 50);
      await put('other', 'TotalTransactions', 9, minute);
      const source = databaseSource({ ...moto.environment, BENCHMARK_SERVER_DSQL_CLUSTER: 'abc123' })!;
      const values = await source({ fromSeconds: minute, toSeconds: minute + 60 });
      expect([...values.get('OccConflicts')!]).toEqual([[minute, 5]]);
      expect([...values.get('CommitLatency')!]).toEqual([[minute, 4.5]]);
      expect([...(values.get('TotalTransactions') ?? [])]).toEqual([]);
    } finally {
      process.env = environment;
      await moto.stop();
    }
  },
);
