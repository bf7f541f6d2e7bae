import { lookup } from 'node:dns/promises';
import { isIPv6 } from 'node:net';
import { ANSWERED_HTML, answerOf, isHtml } from './answers';
import { apsRegion, signedHeaders } from './sigv4';
import { endOfName, type Sample } from '../../measurement/server/exposition';
import { readPage, type ServerPage } from '../../measurement/server/server-metrics';
import { canonicalSamples, namePattern, type PagePart } from '../../measurement/server/wire-names';

type Environment = Readonly<Record<string, string | undefined>>;

const TIMEOUT_MS = 4000;

/** Names of metrics that an error lists, at most. */
const LISTED_NAMES = 5;

/** A source of the target's own metrics. Addresses and tokens stay in the process that was configured with them. */
export interface PageSource {
  /** The name for messages; it does not contain the address. */
  readonly name: string;
  /**
   * Returns the samples of measures. Throws if the source does not answer, or if it is asked for all measures and serves
   * none; the message continues the name: `did not answer (ECONNREFUSED)`.
   */
  read(part: PagePart): Promise<ServerPage>;
}

/** Returns the metrics page of one replica, in the Prometheus text format; with `dns+http:`, those of all addresses of a name. */
function pageOf(url: string, number: number): PageSource {
  const read = async (part: PagePart, one: string): Promise<ServerPage> => {
    const text = await textOf(one);
    const page = readPage(text, part);
    if (part === 'all' && page.length === 0) throw new Error(`${NOTHING_KNOWN}; ${listed(namesOn(text))}`);
    return page;
  };
  return {
    name: `metrics endpoint ${number}`,
    async read(part) {
      if (!url.startsWith(DNS)) return await read(part, url);
      // Like the targets of a Prometheus, the replicas differ by their label `instance`.
      const pages = (await urlsOf(url)).map(async (one) => {
        const { host } = new URL(one);
        return (await read(part, one)).map((sample) => ({ ...sample, labels: { ...sample.labels, instance: host } }));
      });
      return (await Promise.all(pages)).flat();
    },
  };
}

const DNS = 'dns+';

/** Returns the URL `dns+http://name:port/path` for each address of the name, such as that of a headless service in Kubernetes. */
async function urlsOf(url: string): Promise<string[]> {
  const { hostname, port, pathname, search } = new URL(url.slice(DNS.length));
  try {
    const addresses = (await lookup(hostname, { all: true })).map(({ address }) => address);
    return [...new Set(addresses)].sort().map((address) => {
      const host = isIPv6(address) ? `[${address}]` : address;
      return `http://${host}${port && `:${port}`}${pathname}${search}`;
    });
  } catch (err) {
    throw new Error(`has no address (${(err as NodeJS.ErrnoException).code})`, { cause: err });
  }
}

const NOTHING_KNOWN = 'serves no known metric of a Temporal server';

function listed(names: readonly string[]): string {
  if (names.length === 0) return 'it serves no metric at all';
  const more = names.length > LISTED_NAMES ? ` and ${names.length - LISTED_NAMES} more` : '';
  return `it serves ${names.slice(0, LISTED_NAMES).join(', ')}${more}`;
}

/** Returns the names of the samples on a page. */
function namesOn(text: string): string[] {
  const names = text.split('\n').map((line) => line.slice(0, endOfName(line, 0, line.length)));
  return [...new Set(names.filter((name) => name !== ''))];
}

interface PrometheusOptions {
  readonly token?: string;
  /** Label matchers that select the cluster's series, e.g. `cluster="prod"`. */
  readonly selector?: string;
  /** The AWS region to sign requests for, with AWS Signature Version 4. */
  readonly region?: string;
}

/** Returns a source that queries a Prometheus, or a server with the same query API, that scrapes all cluster services. */
function prometheus(base: string, { token, selector, region = apsRegion(base) }: PrometheusOptions): PageSource {
  const url = `${base.replace(/\/$/, '')}/api/v1/query`;
  const bearer = token === undefined ? undefined : { authorization: `Bearer ${token}` };
  const query = async (expression: string): Promise<Sample[]> => {
    const body = new URLSearchParams({ query: expression }).toString();
    const headers = region === undefined ? { ...bearer, ...FORM } : await signed(url, body, region);
    const response = await request(url, { method: 'POST', headers, body });
    const { data } = await answerOf<{
      data?: { result?: { metric: Record<string, string>; value: [number, string] }[] };
    }>(response);
    if (!Array.isArray(data?.result)) throw new Error('answered with something else than the result of a query');
    return data.result.map(({ metric: { __name__: name = '', ...labels }, value: [, value] }) => {
      return { name, labels, value: Number(value) };
    });
  };
  return {
    name: 'the Prometheus of the server',
    async read(part) {
      const names = `__name__=~"${namePattern(part)}"`;
      const page = canonicalSamples(await query(`{${selector ? `${names},${selector}` : names}}`));
      if (part === 'all' && page.length === 0) throw new Error(await nothingFound(query, selector));
      return page;
    },
  };
}

/** Describes a Prometheus without a known metric: which names it has that look like those of a server. */
async function nothingFound(query: (expression: string) => Promise<Sample[]>, selector?: string): Promise<string> {
  const similar = await query(`count by (__name__) ({__name__=~"${SIMILAR_NAMES}"})`);
  const names = similar.map(({ name }) => name).sort();
  const where = selector ? ` for ${selector}` : '';
  return names.length === 0
    ? `${NOTHING_KNOWN}${where}, and no metric with a similar name`
    : `${NOTHING_KNOWN}${where}; without a selector ${listed(names)}`;
}

/** Metrics that every service of a Temporal server has, with any prefix and suffix. */
const SIMILAR_NAMES = '.*(persistence_requests|service_requests).*';

/** Reads a page, which may have several megabytes. Not with `fetch`: its streams cost several times as much CPU. */
async function textOf(url: string): Promise<string> {
  const { get } = url.startsWith('https:') ? await import('node:https') : await import('node:http');
  return await new Promise((resolve, reject) => {
    const failed = (err: NodeJS.ErrnoException) => reject(new Error(`did not answer (${err.code ?? err.name})`));
    get(url, { signal: AbortSignal.timeout(TIMEOUT_MS) }, (response) => {
      if (response.statusCode !== 200) {
        response.resume();
        return void reject(new Error(`answered ${response.statusCode}`));
      }
      if (isHtml(response.headers['content-type'])) {
        response.resume();
        return void reject(new Error(ANSWERED_HTML));
      }
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', failed);
      response.on('end', () => resolve(Buffer.concat(chunks).toString()));
    }).on('error', failed);
  });
}

const FORM = { 'content-type': 'application/x-www-form-urlencoded;charset=UTF-8' };

/** Signs a request; the error contains no credentials. */
async function signed(url: string, body: string, region: string): Promise<Record<string, string>> {
  try {
    return await signedHeaders(url, body, { service: 'aps', region }, FORM);
  } catch (err) {
    throw new Error(`was not queried: no AWS credentials (${(err as Error).name})`);
  }
}

async function request(url: string, init: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url, { ...init, signal: AbortSignal.timeout(TIMEOUT_MS) });
  } catch (err) {
    const { name, cause } = err as Error & { cause?: { code?: string } };
    throw new Error(`did not answer (${cause?.code ?? name})`);
  }
  if (response.ok) return response;
  throw new Error(`answered ${response.status}`);
}

/**
 * Returns the addresses in BENCHMARK_SERVER_METRICS: metrics pages, separated by commas, one per replica of each service, or
 * `dns+http://…` for all replicas of a name.
 */
export function serverEndpoints(env: Environment = process.env): string[] {
  return (env.BENCHMARK_SERVER_METRICS ?? '')
    .split(',')
    .map((url) => url.trim())
    .filter((url) => url !== '');
}

/**
 * Returns the sources that the environment configures: metrics pages (BENCHMARK_SERVER_METRICS) and a Prometheus query API
 * (BENCHMARK_SERVER_PROMETHEUS, with the token BENCHMARK_SERVER_PROMETHEUS_TOKEN and the label matchers
 * BENCHMARK_SERVER_PROMETHEUS_SELECTOR). Requests are signed with AWS credentials if the address is an Amazon Managed
 * Prometheus workspace or BENCHMARK_SERVER_PROMETHEUS_SIGV4_REGION is set.
 */
export function serverSources(env: Environment = process.env): PageSource[] {
  const pages = serverEndpoints(env).map((url, i) => pageOf(url, i + 1));
  const { BENCHMARK_SERVER_PROMETHEUS: url, BENCHMARK_SERVER_PROMETHEUS_TOKEN: token } = env;
  const selector = env.BENCHMARK_SERVER_PROMETHEUS_SELECTOR;
  const region = env.BENCHMARK_SERVER_PROMETHEUS_SIGV4_REGION;
  return url ? [...pages, prometheus(url, { token, selector, region })] : pages;
}
