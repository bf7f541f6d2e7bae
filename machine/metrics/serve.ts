import { createServer, get } from 'node:http';

export interface MetricsServer {
  readonly port: number;
  close(): void;
}

/**
 * Serves `/metrics`, and `/health` where somebody can tell what is not well. Rejects where the port is taken.
 *
 * @param sick what is not well; empty if all is
 */
export async function serveMetrics(
  host: string,
  port: number,
  page: () => Promise<string>,
  sick?: () => Promise<readonly string[]>,
): Promise<MetricsServer> {
  const server = createServer((request, response) => {
    if (request.url === '/health' && sick) {
      sick().then(
        (names) => response.writeHead(names.length === 0 ? 200 : 503).end(names.join(', ') || 'well'),
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
  // Serving metrics keeps no process alive that has nothing else to do.
  server.unref();
  return { port: (server.address() as { port: number }).port, close: () => server.close() };
}

const FETCH_WITHIN_MS = 2000;

/** A neighbour's page; empty if it does not answer: a dead role is missing from the machine's page, not its end. */
export async function fetchPage(port: number): Promise<string> {
  return await new Promise((resolve) => {
    const signal = AbortSignal.timeout(FETCH_WITHIN_MS);
    // Not `fetch`: whose first call costs a process more than all of its scrapes.
    const request = get({ host: '127.0.0.1', port, path: '/metrics', signal }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve(response.statusCode === 200 ? Buffer.concat(chunks).toString() : ''));
      response.on('error', () => resolve(''));
    });
    request.on('error', () => resolve(''));
  });
}
