import { promises as dns } from 'node:dns';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { temporal } from '@temporalio/proto';
import { checkFrontend } from '../../temporal/check-frontend';
import { connect, embeddedServer, resolveControl, resolveTarget } from '../../temporal/connections';
import { eventually } from '../support/cli';
import { TestFrontend } from '../support/frontend';

const { GetSystemInfoResponse, GetWorkflowExecutionHistoryResponse } = temporal.api.workflowservice.v1;

const dir = mkdtempSync(join(tmpdir(), 'connections-'));
mkdirSync(join(dir, 'temporalio'));
const file = join(dir, 'temporalio', 'temporal.toml');
writeFileSync(
  file,
  '[profile.default]\naddress = "default:7233"\napi_key = "secret"\nnamespace = "users"\n[profile.staging]\naddress = "staging:7233"\n',
);
afterAll(() => rmSync(dir, { recursive: true }));

describe('embedded servers are reached with options of our own only', () => {
  const ours = { BENCHMARK_EMBEDDED_ADDRESS: '127.0.0.1:1', BENCHMARK_CONTROL_EMBEDDED_ADDRESS: '127.0.0.1:2' };
  const users: readonly Record<string, string>[] = [
    { TEMPORAL_API_KEY: 'x' },
    { TEMPORAL_TLS: 'true' },
    { TEMPORAL_NAMESPACE: 'x' },
    { TEMPORAL_GRPC_META_X_TEAM: 'payments' },
    { TEMPORAL_TLS_CLIENT_CERT_PATH: '/nowhere' },
    { TEMPORAL_PROFILE: 'nowhere' },
    { TEMPORAL_CONFIG_FILE: file },
    { XDG_CONFIG_HOME: dir },
    { BENCHMARK_CONTROL_API_KEY: 'x', BENCHMARK_CONTROL_TLS: 'true', BENCHMARK_CONTROL_NAMESPACE: 'x' },
    { BENCHMARK_CONTROL_PROFILE: 'nowhere' },
  ];
  test.each(users)('%j', (env) => {
    expect(resolveTarget(undefined, { ...env, ...ours })).toEqual(embeddedServer('127.0.0.1:1'));
    expect(resolveControl({ ...env, ...ours })).toEqual(embeddedServer('127.0.0.1:2'));
  });

  test('a spec cannot direct the load of an embedded run to a profile', () => {
    expect(() => resolveTarget('staging', { ...ours, TEMPORAL_CONFIG_FILE: file })).toThrow(
      'targetProfile: "staging" cannot be used with an embedded target',
    );
  });
});

test('a profile is found in the default configuration file of the Temporal CLI', () => {
  expect(resolveTarget('staging', { XDG_CONFIG_HOME: dir })).toMatchObject({ address: 'staging:7233' });
  expect(resolveControl({ XDG_CONFIG_HOME: dir, BENCHMARK_CONTROL_PROFILE: 'staging' })).toMatchObject({
    address: 'staging:7233',
  });
});

test.each<Record<string, string>>([{ XDG_CONFIG_HOME: dir }, { TEMPORAL_CONFIG_FILE: file }])(
  "the target's default profile does not apply to the control server: %j",
  (env) => {
    const control = resolveControl({ ...env, BENCHMARK_CONTROL_ADDRESS: 'control:1' });
    expect(control).toMatchObject({ address: 'control:1', namespace: undefined });
    expect(control.options.apiKey).toBeUndefined();
    expect(resolveTarget(undefined, { ...env, TEMPORAL_ADDRESS: 'target:1' }).options.apiKey).toBe('secret');
  },
);

test('an address may name the DNS resolver of gRPC', () => {
  expect(resolveTarget(undefined, { TEMPORAL_ADDRESS: 'dns:///h:1' })).toMatchObject({
    address: 'h:1',
    options: { address: 'h:1' },
  });
});

describe('on a frontend', () => {
  let frontend: TestFrontend;
  beforeEach(async () => {
    frontend = await TestFrontend.start();
    frontend.intercept('GetSystemInfo', () =>
      Promise.resolve(Buffer.from(GetSystemInfoResponse.encode({ serverVersion: '1.2.3' }).finish())),
    );
  });

  test('a server whose health service is closed is judged by GetSystemInfo', async () => {
    expect(await checkFrontend(embeddedServer(frontend.address))).toEqual({
      address: frontend.address,
      serverVersion: '1.2.3',
      clusterId: '',
    });
    expect(frontend.calls.Check).toBe(1);
  });

  test('a health status has its name in the message', async () => {
    // grpc.health.v1.HealthCheckResponse: field 1, the status, is NOT_SERVING.
    frontend.intercept('Check', () => Promise.resolve(Buffer.from([0x08, 0x02])));
    await expect(checkFrontend(embeddedServer(frontend.address))).rejects.toThrow(
      'the health check returned NOT_SERVING, expected SERVING',
    );
  });

  test('a reply of more than 4 MiB is read', async () => {
    const payload = { data: Buffer.alloc(3_000_000) };
    const event = { workflowExecutionStartedEventAttributes: { input: { payloads: [payload, payload] } } };
    const reply = GetWorkflowExecutionHistoryResponse.encode({ history: { events: [event] } }).finish();
    frontend.intercept('GetWorkflowExecutionHistory', () => Promise.resolve(Buffer.from(reply)));
    const connection = await connect(embeddedServer(frontend.address));
    const { history } = await connection.workflowService.getWorkflowExecutionHistory({ namespace: 'n' });
    expect(history!.events).toHaveLength(1);
    await connection.close();
  });

  test.each(['https_proxy', 'http_proxy', 'grpc_proxy'])('%s does not apply to this machine', async (variable) => {
    const proxy = createServer((socket) => socket.destroy());
    let proxied = 0;
    proxy.on('connection', () => (proxied += 1));
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    process.env[variable] = `http://127.0.0.1:${(proxy.address() as { port: number }).port}`;
    try {
      const connection = await connect(embeddedServer(frontend.address), 3000);
      await connection.close();
      expect(proxied).toBe(0);
    } finally {
      delete process.env[variable];
      proxy.close();
    }
  });

  test('the calls of one connection are spread over the addresses of a DNS name', async () => {
    const port = frontend.address.split(':')[1]!;
    const other = await TestFrontend.start(undefined, { listenAt: `127.0.0.2:${port}` });
    other.intercept('GetSystemInfo', () => Promise.resolve(Buffer.alloc(0)));
    const addresses = ['127.0.0.1', '127.0.0.2'].map((address) => ({ address, family: 4 }));
    const lookup = jest.spyOn(dns, 'lookup').mockResolvedValue(addresses as never);
    const connection = await connect(embeddedServer(`frontends.example:${port}`));
    // The second address may still be connecting.
    await eventually('both frontends', async () => {
      await connection.workflowService.getSystemInfo({});
      return frontend.calls.GetSystemInfo! > 2 && (other.calls.GetSystemInfo ?? 0) > 2;
    });
    await connection.close();
    lookup.mockRestore();
  });
});
