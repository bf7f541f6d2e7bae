import { status, type Metadata } from '@grpc/grpc-js';
import { temporal } from '@temporalio/proto';
import { Client } from '@temporalio/client';
import { freePort } from '../../machine/embedded-server';
import { makeCertificates } from '../support/certificates';
import { Cluster } from '../support/cluster';
import { grpcError } from '../support/frontend';
import { expectSoundAccount } from '../support/result';

jest.setTimeout(180_000);

const short = { rate: 10, duration: '4s', rampUp: '500ms', lanes: 1, minThroughput: 1, maxP99: '1m' };
const SECRET = 'sk-planted-1f0e9d8c7b6a';

let cluster: Cluster;
afterEach(() => cluster.stop());

async function historiesOf(client: Client): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const { workflowId, runId } of client.workflow.list()) {
    const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    all.push(temporal.api.history.v1.History.encode(history).finish());
  }
  return Buffer.concat(all);
}

test('mTLS, API key and metadata reach every call to the target, and no secret is in a history, a log, a metric or the result', async () => {
  const { credentials, caFile, certFile, keyFile, keySecret } = makeCertificates();
  let admitted = 0;
  const admit = (metadata: Metadata) => {
    const [key, team] = [metadata.get('authorization')[0], metadata.get('x-team')[0]];
    if (key !== `Bearer ${SECRET}` || team !== 'payments') throw grpcError(status.UNAUTHENTICATED, 'who are you?');
    admitted += 1;
  };
  const metricsAddress = `127.0.0.1:${await freePort()}`;
  cluster = await Cluster.start({
    generators: 1,
    withFrontend: { credentials, admit },
    env: {
      TEMPORAL_TLS_SERVER_CA_CERT_PATH: caFile,
      TEMPORAL_TLS_CLIENT_CERT_PATH: certFile,
      TEMPORAL_TLS_CLIENT_KEY_PATH: keyFile,
      TEMPORAL_API_KEY: SECRET,
      TEMPORAL_GRPC_META_X_TEAM: 'payments',
      BENCHMARK_METRICS_ADDRESS: metricsAddress,
    },
  });
  const result = await cluster.benchmark('secured', short);
  expectSoundAccount(result);
  expect(result).toMatchObject({ outcome: 'PASSED', ledger: { scheduled: 37, acknowledged: 37 } });
  expect(admitted).toBeGreaterThan(200);

  const metrics = await (await fetch(`http://${metricsAddress}/metrics`)).text();
  expect(metrics).toContain('benchmark_workflows_total');
  const target = new Client({ connection: cluster.target.connection, namespace: result.namespace });
  const places = {
    'histories on control': await historiesOf(cluster.client),
    'histories on the target': await historiesOf(target),
    'the log': Buffer.from(cluster.worker.stderr + cluster.worker.stdout),
    'the metrics': Buffer.from(metrics),
    'the result': Buffer.from(JSON.stringify(result)),
  };
  for (const [place, content] of Object.entries(places)) {
    expect([place, content.length > 100]).toEqual([place, true]);
    for (const secret of [SECRET, keySecret]) expect([place, content.includes(secret)]).toEqual([place, false]);
  }
});

test('a spec may name only the profiles that the workers allow', async () => {
  cluster = await Cluster.start({ generators: 1, env: { BENCHMARK_ALLOWED_PROFILES: 'staging, load-test' } });
  await cluster.start('not-allowed', { ...short, targetProfile: 'production' });
  const { result, error } = await cluster.outcome('not-allowed');
  expect(error).toBe(
    'the target profile "production" is not allowed on this worker; BENCHMARK_ALLOWED_PROFILES allows: staging, load-test',
  );
  expect(result).toMatchObject({ exitCode: 104, ledger: { scheduled: 0 } });
});
