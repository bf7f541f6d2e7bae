import { get } from 'node:http';

/**
 * The health check of a container: asks its supervisor whether every role is up, which asks each of them. Ends with 0 if
 * so, and with 1 and what is wrong if not.
 */
const [, port] = /:(\d+)$/.exec(process.env.BENCHMARK_METRICS_ADDRESS || '0.0.0.0:9090') ?? [];

function end(code: number, message: string): void {
  process.stdout.write(`${message}\n`);
  process.exit(code);
}

if (port === undefined) end(0, 'no metrics are served, so nothing can be asked');
else {
  get({ host: '127.0.0.1', port, path: '/health', signal: AbortSignal.timeout(4000) }, (response) => {
    let text = '';
    response.on('data', (chunk: Buffer) => (text += chunk.toString()));
    response.on('end', () => end(response.statusCode === 200 ? 0 : 1, text));
  }).on('error', (err) => end(1, err.message));
}
