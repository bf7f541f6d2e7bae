import { apsRegion, signedHeaders } from './sigv4';
import { DATABASE_FAMILY } from '../../measurement/server/server-measures';
import {
  keptSamples,
  metricsToRead,
  readPage,
  type PagePart,
  type ServerPage,
} from '../../measurement/server/server-metrics';

type Environment = Readonly<Record<string, string | undefined>>;

const ANSWER_WITHIN_MS = 4000;

/** Where the target's own metrics can be read. Addresses and tokens stay in the process that was given them. */
export interface PageSource {
  /** What people are told of it, without its address. */
  readonly name: string;
  read(part: PagePart): Promise<ServerPage>;
}

/** A page of one replica, in Prometheus' text format. */
function pageOf(url: string, number: number): PageSource {
  return {
    name: `metrics endpoint ${number}`,
    read: async (part) => readPage(await textOf(url), part),
  };
}

interface PrometheusOptions {
  readonly token?: string;
  /** Further labels of the cluster's series, e.g. `cluster="prod"`. */
  readonly selector?: string;
  /** Signs with AWS Signature Version 4 for this region. */
  readonly region?: string;
}

/** A Prometheus, or what speaks its query API, that scrapes all of the cluster's services. */
function prometheus(base: string, { token, selector, region = apsRegion(base) }: PrometheusOptions): PageSource {
  const url = `${base.replace(/\/$/, '')}/api/v1/query`;
  const bearer = token === undefined ? undefined : { authorization: `Bearer ${token}` };
  return {
    name: 'the Prometheus of the server',
    async read(part) {
      const names = `__name__=~"${[...metricsToRead(part), `${DATABASE_FAMILY.prefix}.*`].join('|')}"`;
      const body = new URLSearchParams({ query: `{${selector ? `${names},${selector}` : names}}` }).toString();
      const headers = region === undefined ? { ...bearer, ...FORM } : await signed(url, body, region);
      const response = await answer(url, { method: 'POST', headers, body });
      const { data } = (await response.json()) as {
        data: { result: { metric: Record<string, string>; value: [number, string] }[] };
      };
      return keptSamples(
        data.result.map(({ metric: { __name__: name = '', ...labels }, value: [, value] }) => {
          return { name, labels, value: Number(value) };
        }),
      );
    },
  };
}

/** A page may have megabytes: without the streams of `fetch`, which cost several times the CPU of the rest. */
async function textOf(url: string): Promise<string> {
  const { get } = url.startsWith('https:') ? await import('node:https') : await import('node:http');
  return await new Promise((resolve, reject) => {
    const failed = (err: NodeJS.ErrnoException) => reject(new Error(`did not answer (${err.code ?? err.name})`));
    get(url, { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) }, (response) => {
      if (response.statusCode !== 200) {
        response.resume();
        return void reject(new Error(`answered ${response.statusCode}`));
      }
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', failed);
      response.on('end', () => resolve(Buffer.concat(chunks).toString()));
    }).on('error', failed);
  });
}

const FORM = { 'content-type': 'application/x-www-form-urlencoded;charset=UTF-8' };

/** What goes wrong with credentials is told without them. */
async function signed(url: string, body: string, region: string): Promise<Record<string, string>> {
  try {
    return await signedHeaders(url, body, region);
  } catch (err) {
    throw new Error(`was not asked: no AWS credentials (${(err as Error).name})`);
  }
}

async function answer(url: string, init: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url, { ...init, signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
  } catch (err) {
    const { name, cause } = err as Error & { cause?: { code?: string } };
    throw new Error(`did not answer (${cause?.code ?? name})`);
  }
  if (response.ok) return response;
  throw new Error(`answered ${response.status}`);
}

/**
 * BENCHMARK_SERVER_METRICS: addresses of pages, separated by commas, one for each replica of each service.
 */
export function serverEndpoints(env: Environment = process.env): string[] {
  return (env.BENCHMARK_SERVER_METRICS ?? '')
    .split(',')
    .map((url) => url.trim())
    .filter((url) => url !== '');
}

/**
 * The sources that the environment names: pages, and with BENCHMARK_SERVER_PROMETHEUS a query API, whose token is
 * BENCHMARK_SERVER_PROMETHEUS_TOKEN and whose series BENCHMARK_SERVER_PROMETHEUS_SELECTOR narrows. An Amazon Managed
 * Prometheus, and whatever BENCHMARK_SERVER_PROMETHEUS_SIGV4_REGION is set for, is asked with AWS credentials.
 */
export function serverSources(env: Environment = process.env): PageSource[] {
  const pages = serverEndpoints(env).map((url, i) => pageOf(url, i + 1));
  const { BENCHMARK_SERVER_PROMETHEUS: url, BENCHMARK_SERVER_PROMETHEUS_TOKEN: token } = env;
  const selector = env.BENCHMARK_SERVER_PROMETHEUS_SELECTOR;
  const region = env.BENCHMARK_SERVER_PROMETHEUS_SIGV4_REGION;
  return url ? [...pages, prometheus(url, { token, selector, region })] : pages;
}
