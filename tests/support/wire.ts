import { WireConnection } from '../../temporal/wire/connection';
import type { ChannelOptions } from '../../temporal/wire/channel';
import { frameOf } from '../../temporal/wire/encode';
import type { Resolved } from '../../temporal/connections';
import { Http2TestServer, type ServerCall } from './http2-server';

export const METHOD = 'StartWorkflowExecution';
export const message = Buffer.from('message');
const cleanUp: (() => unknown)[] = [];

/** Remembers a step for {@link tidyUp}. */
export function afterwards(step: () => unknown): void {
  cleanUp.push(step);
}

/** Undoes what a test has started, the last first. */
export async function tidyUp(): Promise<void> {
  for (const step of cleanUp.splice(0).reverse()) await step();
}
export async function serve(handle: (call: ServerCall) => void, settings = {}, port = 0): Promise<Http2TestServer> {
  const server = await Http2TestServer.start(handle, settings, port);
  afterwards(() => server.stop());
  return server;
}

export function connectTo(
  address: string,
  options: Resolved['options'] = {},
  channel: Partial<ChannelOptions> = {},
  channels = 1,
): WireConnection {
  const connection = new WireConnection({ address, options }, 'ns', channels, channel);
  afterwards(() => connection.close());
  return connection;
}

export async function call(connection: WireConnection, deadlineMs = 5000, signal?: AbortSignal): Promise<Buffer> {
  return await connection.unary(METHOD, frameOf(message), { deadlineMs, signal });
}

export async function failureOf(reply: Promise<unknown>): Promise<unknown> {
  return await reply.then(
    () => {
      throw new Error('the call succeeded');
    },
    (err: unknown) => err,
  );
}

/** Waits until something is so, for up to five seconds. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  const giveUpAt = performance.now() + 5000;
  while (!(await isSo())) {
    if (performance.now() > giveUpAt) throw new Error('it did not come about within 5 s');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
