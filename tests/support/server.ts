import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Connection } from '@temporalio/client';
import { connect } from '../../temporal/connections';
import { startEmbeddedServer, type EmbeddedServer, type EmbeddedServerOptions } from '../../machine/embedded-server';
import { findServerBinary } from '../../machine/server-binary';

/** A Temporal server of a test's own. */
export interface TestServer extends EmbeddedServer {
  readonly connection: Connection;
  close(): Promise<void>;
}

export async function startTestServer(options: Partial<EmbeddedServerOptions> = {}): Promise<TestServer> {
  const dir = mkdtempSync(join(tmpdir(), 'benchmark-server-'));
  const server = await startEmbeddedServer({
    binary: await findServerBinary(),
    logFile: join(dir, 'server.log'),
    ...options,
  });
  const connection = await connect({ address: server.address, options: { address: server.address } });
  return {
    ...server,
    connection,
    async close() {
      await connection.close();
      await server.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
