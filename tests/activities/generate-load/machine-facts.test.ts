import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { createServer as createHttpServer } from 'node:http';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
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

test('the machine is named by its variable, by the container instance of an ECS task, or by its host name', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'benchmark-metadata-'));
  const file = join(dir, 'metadata.json');
  // As the ECS agent writes it before the container starts.
  const arn = 'arn:aws:ecs:eu-west-1:123456789012:container-instance/staging-benchmark/1f73d099b914411c';
  writeFileSync(file, JSON.stringify({ Cluster: 'staging-benchmark', ContainerInstanceARN: arn }));
  const name = async (env: Record<string, string>) => (await readMachineFacts(env)).name;
  // Nothing listens there, and the type is given, so no endpoint of AWS is called.
  const task = { ECS_CONTAINER_METADATA_URI_V4: 'http://127.0.0.1:1/v4', BENCHMARK_INSTANCE_TYPE: 'm7g.large' };
  expect(await name({ ...task, ECS_CONTAINER_METADATA_FILE: file })).toBe('1f73d099b914411c');
  expect(await name({ ...task, ECS_CONTAINER_METADATA_FILE: join(dir, 'missing.json') })).toBe('unknown');
  expect(await name(task)).toBe('unknown');
  const pod = { KUBERNETES_SERVICE_HOST: '10.96.0.1' };
  expect(await name(pod)).toBe('unknown');
  expect(await name({ ...pod, BENCHMARK_MACHINE_NAME: 'node-7' })).toBe('node-7');
  expect(await name({})).toBe(hostname());
  rmSync(dir, { recursive: true });
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
