import { createServer, get } from 'node:http';

export interface MetricsServer {
  readonly port: number;
  close(): void;
}

/**
 * Serves `/metrics` and, if `healthProblems` is given, `/health`. Rejects if the port is taken.
 *
 * @param healthProblems returns a message per problem; none if all is healthy
 */
export async function serveMetrics(
  host: string,
  port: number,
  page: () => Promise<string>,
  healthProblems?: () => Promise<readonly string[]>,
): Promise<MetricsServer> {
  const server = createServer((request, response) => {
    if (request.url === '/health' && healthProblems) {
      healthProblems().then(
        (problems) => response.writeHead(problems.length === 0 ? 200 : 503).end(problems.join(', ') || 'healthy'),
        (err: Error) => response.writeHead(500).end(err.message),
      );
      return;
    }
    if (request.url !== '/metrics') return void response.writeHead(request.url === '/' ? 200 : 404).end();
    page().then(
      (text) => response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }).end(text),
      (err: Error) => response.writeHead(500).end(err.message),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve());
  });
  // The server must not keep a process alive that has nothing else to do.
  server.unref();
  return { port: (server.address() as { port: number }).port, close: () => server.close() };
}

const FETCH_TIMEOUT_MS = 2000;

/** Returns the metrics page of another process on this machine; empty if it does not answer. */
export async function fetchPage(port: number): Promise<string> {
  return await new Promise((resolve) => {
    const signal = AbortSignal.timeout(FETCH_TIMEOUT_MS);
    // Not with `fetch`: its first call costs a process more CPU than all scrapes together.
    const request = get({ host: '127.0.0.1', port, path: '/metrics', signal }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve(response.statusCode === 200 ? Buffer.concat(chunks).toString() : ''));
      response.on('error', () => resolve(''));
    });
    request.on('error', () => resolve(''));
  });
}
