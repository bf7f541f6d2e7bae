import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { DSQL_SECTION } from '../../machine/metrics/dsql-panels';
import { eventually } from '../support/cli';
import { testNeeding } from '../support/needs';
import { canHavePrometheus, Prometheus } from '../support/prometheus';

jest.setTimeout(120_000);

const EXPOSITIONS = join(__dirname, '..', 'measurement', 'server', 'exposition');
const { panels } = DSQL_SECTION;

/** Serves the pages of two replicas: first those from before a hold, then those from after it. */
async function servedPages(scheme: string) {
  let when = 'before';
  const server = createServer((request, response) => {
    const file = `replica-${request.url!.slice(1)}-${when}.txt`;
    response.setHeader('content-type', 'text/plain; version=0.0.4');
    response.end(readFileSync(join(EXPOSITIONS, scheme, file)));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const target = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const scrapes = ['1', '2'].map((replica) => ({
    job_name: `replica-${replica}`,
    scrape_interval: '1s',
    metrics_path: `/${replica}`,
    static_configs: [{ targets: [target], labels: { task_id: replica } }],
  }));
  return { scrapes, endHold: () => (when = 'after'), close: () => server.close() };
}

/** Returns the values of each query of the DSQL panels, by legend. */
async function panelValues(scheme: string): Promise<Map<string, number[]>> {
  const pages = await servedPages(scheme);
  const prometheus = await Prometheus.configured({ scrape_configs: pages.scrapes });
  const now = () => Date.now() / 1000;
  const size = 'dsql_reservoir_size{service_name="history",job="replica-2"}';
  try {
    await eventually('the first scrape', async () => (await prometheus.value(size, now())) === 46);
    pages.endHold();
    await eventually('the scrape after the hold', async () => (await prometheus.value(size, now())) === 0);
    const queries = panels.flatMap(({ title, queries: all }) =>
      all.map(([legend, expr]) => [`${title}: ${legend}`, expr]),
    );
    const values = new Map<string, number[]>();
    for (const [legend, expr] of queries)
      values.set(legend!, await prometheus.values(expr!.replaceAll('$__rate_interval', '60s'), now()));
    return values;
  } finally {
    await prometheus.stop();
    pages.close();
  }
}

testNeeding(canHavePrometheus, 'Prometheus or apt-get')(
  'every DSQL panel shows the same figures for a server with tally and with OpenTelemetry',
  async () => {
    const [tally, ...others] = await Promise.all(['tally', 'opentelemetry', 'opentelemetry-seconds'].map(panelValues));
    for (const [legend, values] of tally!) expect([legend, values.length > 0]).toEqual([legend, true]);
    expect(tally!.get('Emptiest connection reservoir: {{service_name}}')).toEqual([0]);
    expect(tally!.get('Connections of the fullest replica: {{service_name}} in use')).toEqual([0.96]);
    const [p95] = tally!.get('Transaction latency, p95: {{operation}}')!;
    expect(p95).toBeCloseTo(0.125, 5);
    for (const other of others) {
      for (const [legend, values] of tally!) {
        // What a rate per second is depends on when the pages were scraped. Its series do not.
        expect([legend, other.get(legend)!.length]).toEqual([legend, values.length]);
        if (/p95|replica|reservoir:/.test(legend) && !legend.startsWith('Reservoir'))
          expect(other.get(legend)![0]).toBeCloseTo(values[0]!, 5);
      }
    }
  },
);
