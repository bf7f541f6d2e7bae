import { get } from 'node:http';

/**
 * The health check of a container. It calls `/health` of the container's supervisor, which calls each role. Exits with 0 if
 * every role answers, otherwise with 1 and a message.
 */
const [, port] = /:(\d+)$/.exec(process.env.BENCHMARK_METRICS_ADDRESS || '0.0.0.0:9090') ?? [];

function end(code: number, message: string): void {
  process.stdout.write(`${message}\n`);
  process.exit(code);
}

if (port === undefined) end(0, 'metrics are off, so the health of the roles is not known');
else {
  get({ host: '127.0.0.1', port, path: '/health', signal: AbortSignal.timeout(4000) }, (response) => {
    let text = '';
    response.on('data', (chunk: Buffer) => (text += chunk.toString()));
    response.on('end', () => end(response.statusCode === 200 ? 0 : 1, text));
  }).on('error', (err) => end(1, err.message));
}
