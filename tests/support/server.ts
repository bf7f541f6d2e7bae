import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Connection } from '@temporalio/client';
import { connect } from '../../temporal/connections';
import { startEmbeddedServer, type EmbeddedServer, type EmbeddedServerOptions } from '../../machine/embedded-server';
import { onEnd } from './leftovers';
import { findServerBinary } from '../../machine/server-binary';

/** A Temporal server of a test's own. */
export interface TestServer extends EmbeddedServer {
  readonly connection: Connection;
  readonly close: () => Promise<void>;
}

export async function startTestServer(options: Partial<EmbeddedServerOptions> = {}): Promise<TestServer> {
  const dir = mkdtempSync(join(tmpdir(), 'benchmark-server-'));
  const server = await startEmbeddedServer({
    binary: await findServerBinary(),
    logFile: join(dir, 'server.log'),
    ...options,
  });
  const stop = onEnd(async () => {
    await server.stop();
    rmSync(dir, { recursive: true, force: true });
  });
  const connection = await connect({ address: server.address, options: { address: server.address } });
  const close = onEnd(async () => {
    await connection.close();
    await stop();
  });
  return { ...server, connection, close };
}
