import { createServer } from 'node:http';

export interface MetricsServer {
  readonly port: number;
  close(): void;
}

/** Serves `/metrics` (and, for a health check, `/`). Rejects where the port is taken. */
export async function serveMetrics(host: string, port: number, page: () => Promise<string>): Promise<MetricsServer> {
  const server = createServer((request, response) => {
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
  try {
    const response = await fetch(`http://127.0.0.1:${port}/metrics`, { signal: AbortSignal.timeout(FETCH_WITHIN_MS) });
    return response.ok ? await response.text() : '';
  } catch {
    return '';
  }
}
