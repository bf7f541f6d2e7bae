import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { createServer as createHttpServer } from 'node:http';
import fc from 'fast-check';
import { cpuQuota, readMachineFacts } from '../../../activities/generate-load/machine-facts';

test("a container's CPU quota is quota divided by period, and null without a limit", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 6_400_000 }), fc.integer({ min: 1000, max: 1_000_000 }), (quota, period) => {
      expect(cpuQuota(`${quota} ${period}\n`)).toBeCloseTo(quota / period, 9);
    }),
  );
  for (const none of ['max 100000\n', '']) expect(cpuQuota(none)).toBeNull();
});

test('in an ECS task, the metadata endpoints provide the task and the instance type', async () => {
  const server = createHttpServer((request, response) => {
    const token = request.headers['x-aws-ec2-metadata-token'];
    if (request.url === '/v4/abc/task') return void response.end('{"Family": "load-worker", "Revision": "7"}');
    if (request.url === '/latest/api/token' && request.method === 'PUT') return void response.end('secret');
    if (request.url === '/latest/meta-data/instance-type' && token === 'secret') return void response.end('m7g.large');
    response.writeHead(404).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const env = { ECS_CONTAINER_METADATA_URI_V4: `${url}/v4/abc`, AWS_EC2_METADATA_SERVICE_ENDPOINT: url };
  expect(await readMachineFacts(env)).toMatchObject({ task: 'load-worker:7', instanceType: 'm7g.large' });
  // A task that cannot reach the instance metadata gets the type from its environment.
  expect(await readMachineFacts({ ...env, BENCHMARK_INSTANCE_TYPE: 'c8g.xlarge' })).toMatchObject({
    task: 'load-worker:7',
    instanceType: 'c8g.xlarge',
  });
  expect(await readMachineFacts({ BENCHMARK_INSTANCE_TYPE: 'c8g.xlarge' })).toMatchObject({
    instanceType: 'c8g.xlarge',
  });
  server.close();
});

test("outside of ECS no endpoint is called, and unknown facts are 'unknown'", async () => {
  const asked: unknown[] = [];
  const endpoint = createServer((socket) => void asked.push(socket)).listen(0, '127.0.0.1');
  await once(endpoint, 'listening');
  const { port } = endpoint.address() as AddressInfo;
  const facts = await readMachineFacts({ AWS_EC2_METADATA_SERVICE_ENDPOINT: `http://127.0.0.1:${port}` });
  expect(facts).toMatchObject({ task: 'unknown', instanceType: 'unknown', node: process.versions.node });
  expect(facts.cpus).toBeGreaterThan(0);
  expect(facts.sdk).toMatch(/^@temporalio\/client \d+\.\d+\.\d+$/);
  expect(asked).toEqual([]);
  endpoint.close();
});
