import { createHash, createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { serverSources } from '../../../activities/observe/server-pages';
import { namePattern } from '../../../measurement/server/wire-names';
import { apsRegion } from '../../../activities/observe/sigv4';
import { onEnd } from '../../support/leftovers';
import { readingsBetween } from '../../../measurement/server/server-metrics';

/** The addresses of each name. */
const names = new Map<string, string[]>();
jest.mock('node:dns/promises', () => ({
  lookup: async (name: string) => {
    const found = names.get(name);
    if (!found) throw Object.assign(new Error(`no ${name}`), { code: 'ENOTFOUND' });
    return found.map((address) => ({ address, family: 4 }));
  },
}));

/** A metrics server that records its requests. */
async function served(
  reply: (request: IncomingMessage, body: string) => { status?: number; text: string; type?: string },
) {
  const asked: { url: string; authorization?: string; body: string; headers: IncomingMessage['headers'] }[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const { headers } = request;
      asked.push({ url: request.url!, authorization: headers.authorization, body, headers });
      const { status = 200, text, type = 'text/plain' } = reply(request, body);
      response.writeHead(status, { 'content-type': type }).end(text);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { asked, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => server.close() };
}

test.each(['', '_total'])('a page is read for the measures only; its counters may end in "%s"', async (suffix) => {
  const page = `dsql_tx_conflict_total 12\ndsql_tx_retry_total{operation="x"} 3\nunrelated 1\npoll_success${suffix} 5\n`;
  const { url, close } = await served(() => ({ text: page }));
  const env = { BENCHMARK_SERVER_METRICS: ` ${url}/metrics, ${url}/metrics ` };
  const sources = serverSources(env);
  expect(sources.map(({ name }) => name)).toEqual(['metrics endpoint 1', 'metrics endpoint 2']);
  const names = (await sources[1]!.read('all')).map(({ name, value }) => [name, value]);
  expect(names).toEqual([
    ['dsql_tx_conflict', 12],
    ['dsql_tx_retry', 3],
    ['poll_success', 5],
  ]);
  expect((await sources[0]!.read('during')).map(({ name }) => name)).toEqual(['poll_success']);
  close();
});

test('dns+http: reads every address of a name, and tells the replicas apart', async () => {
  let requests = 100;
  const servers = await Promise.all(['127.0.0.1', '127.0.0.2'].map((address) => servedAt(address, () => requests)));
  const [first, second] = servers;
  // Both replicas have one port, as in a headless service.
  const { port } = first!;
  await second!.moveTo(port);
  names.set('frontend-headless', ['127.0.0.2', '127.0.0.1', '127.0.0.2']);
  const [source] = serverSources({ BENCHMARK_SERVER_METRICS: `dns+http://frontend-headless:${port}/metrics` });
  const before = [await source!.read('all')];
  requests = 150;
  const after = [await source!.read('all')];
  const readings = readingsBetween(before, after, [after], 10).filter(({ name }) => name === 'requests');
  expect(readings.map(({ labels, count }) => [labels, count])).toEqual([
    ['frontend #1', 50],
    ['frontend #2', 50],
  ]);
  // Without one of the replicas, counts would be too low.
  await second!.close();
  await expect(source!.read('all')).rejects.toThrow(/^did not answer/);
  names.delete('frontend-headless');
  await expect(source!.read('all')).rejects.toThrow('has no address (ENOTFOUND)');
});

/** Serves a frontend's metrics at an address of loopback. */
async function servedAt(address: string, requests: () => number) {
  const server = createServer((_request, response) =>
    response.end(`service_requests{service_name="frontend",operation="x"} ${requests()}\n`),
  );
  const listen = async (port: number) => {
    server.listen(port, address);
    await once(server, 'listening');
  };
  await listen(0);
  const moveTo = async (port: number) => {
    server.close();
    await once(server, 'close');
    await listen(port);
  };
  const close = onEnd(() => {
    server.close();
    server.closeAllConnections();
  });
  return { port: (server.address() as AddressInfo).port, moveTo, close };
}

test.each([
  ['a_1 1\nb_2 1\nc_3 1\nd_4 1\ne_5 1\nf_6 1\ng_7 1', 'it serves a_1, b_2, c_3, d_4, e_5 and 2 more'],
  ['# HELP x\nmy_persistence_requests_total{a="b"} 7\n', 'it serves my_persistence_requests_total'],
  ['', 'it serves no metric at all'],
])('a page without a known metric is an error that lists what it serves: %j', async (page, what) => {
  const { url, close } = await served(() => ({ text: page }));
  const [source] = serverSources({ BENCHMARK_SERVER_METRICS: url });
  await expect(source!.read('all')).rejects.toThrow(`serves no known metric of a Temporal server; ${what}`);
  // Between the ends of a hold only some measures are read, and not every page has one of them.
  expect(await source!.read('during')).toEqual([]);
  close();
});

test.each<[what: string, selector: string | undefined, similar: string[], message: string]>([
  ['no similar name', undefined, [], ', and no metric with a similar name'],
  [
    'a selector that matches nothing',
    'job="x"',
    ['persistence_requests'],
    ' for job="x"; without a selector it serves persistence_requests',
  ],
])('a Prometheus without a known metric is an error: %s', async (_what, selector, similar, message) => {
  const { url, close } = await served((_request, body) => {
    const names = new URLSearchParams(body).get('query')!.startsWith('count by (__name__)') ? similar : [];
    const result = names.map((name) => ({ metric: { __name__: name }, value: [1, '1'] }));
    return { text: JSON.stringify({ data: { result } }) };
  });
  const [source] = serverSources({
    BENCHMARK_SERVER_PROMETHEUS: url,
    BENCHMARK_SERVER_PROMETHEUS_SELECTOR: selector,
  });
  await expect(source!.read('all')).rejects.toThrow(`serves no known metric of a Temporal server${message}`);
  close();
});

test('a Prometheus is queried for the measures only, with its token and selector; system workflows are left out', async () => {
  const series = (namespace: string, value: string) => ({
    metric: { __name__: 'poll_success', namespace },
    value: [1, value],
  });
  const result = [series('orders', '7'), series('temporal_system', '9')];
  const { asked, url, close } = await served(() => ({ text: JSON.stringify({ status: 'success', data: { result } }) }));
  const [source] = serverSources({
    BENCHMARK_SERVER_PROMETHEUS: `${url}/prom/`,
    BENCHMARK_SERVER_PROMETHEUS_TOKEN: 'secret',
    BENCHMARK_SERVER_PROMETHEUS_SELECTOR: 'cluster="prod"',
  });
  expect(await source!.read('during')).toEqual([{ name: 'poll_success', labels: { namespace: 'orders' }, value: 7 }]);
  expect(asked).toMatchObject([{ url: '/prom/api/v1/query', authorization: 'Bearer secret' }]);
  expect(new URLSearchParams(asked[0]!.body).get('query')).toBe(
    `{__name__=~"${namePattern('during')}",cluster="prod"}`,
  );
  expect(namePattern('all').split('|')).toEqual(
    expect.arrayContaining(['poll_success', 'poll_success_total', 'persistence_latency_milliseconds_bucket']),
  );
  close();
});

test.each([
  ['<html><body>Sign in</body></html>', 'text/html; charset=utf-8', /^answered with an HTML page, not with metrics/],
  ['{"data":', 'application/json', /^answered with something else than JSON$/],
  ['{"status":"error"}', 'application/json', /^answered with something else than the result of a query$/],
])('what is no metrics page, such as the login page of a proxy, is named: %j', async (text, type, message) => {
  const { url, close } = await served(() => ({ text, type }));
  const sources = serverSources({ BENCHMARK_SERVER_METRICS: url, BENCHMARK_SERVER_PROMETHEUS: url });
  for (const part of ['all', 'during'] as const) await expect(sources[1]!.read(part)).rejects.toThrow(message);
  if (type.startsWith('text/html')) await expect(sources[0]!.read('during')).rejects.toThrow(message);
  close();
});

test('a value that is no number, or infinite, is left out', async () => {
  const page =
    'poll_success 5\nservice_requests{service_name="frontend",operation="x"} NaN\nservice_requests{service_name="frontend",operation="y"} +Inf\nservice_requests{service_name="frontend",operation="z"} 3\n';
  const { url, close } = await served(() => ({ text: page }));
  const [source] = serverSources({ BENCHMARK_SERVER_METRICS: url });
  const values = (await source!.read('all')).map(({ name, value }) => [name, value]);
  expect(values).toEqual([
    ['poll_success', 5],
    ['service_requests', 3],
  ]);
  close();
});

test('the error of a source that does not answer, or rejects the request, does not contain its address', async () => {
  const { url, close } = await served(() => ({ status: 403, text: 'no' }));
  const [refusing, absent] = serverSources({ BENCHMARK_SERVER_METRICS: `${url},http://127.0.0.1:9` });
  await expect(refusing!.read('all')).rejects.toThrow(/^answered 403$/);
  await expect(absent!.read('all')).rejects.toThrow(/^did not answer \(/);
  close();
});

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();

/** Computes the signature as AWS's documentation of Signature Version 4 describes it. */
function expectedSignature(url: string, body: string, headers: IncomingMessage['headers'], secret: string): string {
  const [, names] = /SignedHeaders=([^,]+)/.exec(headers.authorization!)!;
  const date = headers['x-amz-date'] as string;
  const canonical = [
    'POST',
    url,
    '',
    ...names!.split(';').map((name) => `${name}:${String(headers[name]).trim()}`),
    '',
    names!,
    sha256(body),
  ].join('\n');
  const scope = `${date.slice(0, 8)}/eu-west-1/aps/aws4_request`;
  const key = ['eu-west-1', 'aps', 'aws4_request'].reduce(hmac, hmac(`AWS4${secret}`, date.slice(0, 8)));
  return hmac(key, ['AWS4-HMAC-SHA256', date, scope, sha256(canonical)].join('\n')).toString('hex');
}

test('Amazon Managed Prometheus: the query is signed with the credentials of the AWS environment', async () => {
  const series = { metric: { __name__: 'restarts' }, value: [1, '0'] };
  const reply = JSON.stringify({ status: 'success', data: { result: [series] } });
  const { url, asked, close } = await served(() => ({ text: reply }));
  const before = { ...process.env };
  Object.assign(process.env, {
    AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'planted',
    AWS_SESSION_TOKEN: 's',
  });
  const [source] = serverSources({
    BENCHMARK_SERVER_PROMETHEUS: `${url}/workspaces/ws-1`,
    BENCHMARK_SERVER_PROMETHEUS_SIGV4_REGION: 'eu-west-1',
  });
  expect(await source!.read('all')).toHaveLength(1);
  process.env = before;
  const [{ headers, body, url: path }] = asked as [(typeof asked)[0]];
  expect(path).toBe('/workspaces/ws-1/api/v1/query');
  expect(headers.authorization).toMatch(
    /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d{8}\/eu-west-1\/aps\/aws4_request, /,
  );
  expect(headers['x-amz-security-token']).toBe('s');
  expect(headers.authorization).toContain(`Signature=${expectedSignature(path, body, headers, 'planted')}`);
  close();
});

test('the region is read from the address of an Amazon Managed Prometheus workspace, and from no other address', () => {
  expect(apsRegion('https://aps-workspaces.us-east-1.amazonaws.com/workspaces/ws-1')).toBe('us-east-1');
  expect(apsRegion('https://aps-workspaces.us-east-1.amazonaws.com.example.com/')).toBeUndefined();
  expect(apsRegion('http://prometheus:9090')).toBeUndefined();
});
