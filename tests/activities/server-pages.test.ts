import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { serverSources } from '../../activities/server-pages';

/** A server of metrics that keeps what it was asked. */
async function served(reply: (request: IncomingMessage, body: string) => { status?: number; text: string }) {
  const asked: { url: string; authorization?: string; body: string }[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      asked.push({ url: request.url!, authorization: request.headers.authorization, body });
      const { status = 200, text } = reply(request, body);
      response.writeHead(status).end(text);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { asked, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => server.close() };
}

test('DSQL: what its plugin serves is read beside the rest, replica by replica', async () => {
  const page = 'dsql_tx_conflict_total 12\ndsql_tx_retry_total{operation="x"} 3\nunrelated 1\npoll_success 5\n';
  const { url, close } = await served(() => ({ text: page }));
  const env = { BENCHMARK_SERVER_METRICS: ` ${url}/metrics, ${url}/metrics ` };
  const sources = serverSources(env);
  expect(sources.map(({ name }) => name)).toEqual(['metrics endpoint 1', 'metrics endpoint 2']);
  const names = (await sources[1]!.read('all')).map(({ name, value }) => [name, value]);
  expect(names).toEqual([
    ['dsql_tx_conflict_total', 12],
    ['dsql_tx_retry_total', 3],
    ['poll_success', 5],
  ]);
  expect(await sources[0]!.read('gauges')).toEqual([]);
  close();
});

test('a Prometheus is asked for exactly the measures, with its token and the selector, and the own workflows are left out', async () => {
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
  expect(await source!.read('gauges')).toEqual([{ name: 'poll_success', labels: { namespace: 'orders' }, value: 7 }]);
  expect(asked).toMatchObject([{ url: '/prom/api/v1/query', authorization: 'Bearer secret' }]);
  expect(new URLSearchParams(asked[0]!.body).get('query')).toBe(
    '{__name__=~"persistence_sql_in_use|persistence_sql_max_open_conn",cluster="prod"}',
  );
  close();
});

test('what does not answer, or says no, is named without its address', async () => {
  const { url, close } = await served(() => ({ status: 403, text: 'no' }));
  const [refusing, absent] = serverSources({ BENCHMARK_SERVER_METRICS: `${url},http://127.0.0.1:9` });
  await expect(refusing!.read('all')).rejects.toThrow(/^answered 403$/);
  await expect(absent!.read('all')).rejects.toThrow(/^did not answer \(/);
  close();
});
