import { WireConnection } from '../../../temporal/wire/connection';
import { frameOf } from '../../../temporal/wire/encode';
import { Http2TestServer, reply } from '../../support/http2-server';

const lookup = jest.fn<Promise<{ address: string }[]>, []>();
jest.mock('node:dns/promises', () => ({ lookup: () => lookup() }));

const call = (connection: WireConnection) =>
  connection.unary('GetSystemInfo', frameOf(Buffer.alloc(0)), { deadlineMs: 5000 });

test('channels spread over all addresses of a name, and pass over one that does not answer', async () => {
  const server = await Http2TestServer.start((one) => reply(one, Buffer.alloc(0)));
  const resolved = { address: `frontends.test:${server.port}`, options: {} };
  lookup.mockResolvedValue([{ address: '127.0.0.1' }, { address: '127.0.0.2' }]);
  const connection = new WireConnection(resolved, 'ns', 4);
  await Promise.all(Array.from({ length: 8 }, () => call(connection)));
  expect([...server.opened].sort()).toEqual(['127.0.0.1', '127.0.0.1', '127.0.0.2', '127.0.0.2']);
  await connection.close();
  // The test server does not listen on IPv6.
  lookup.mockResolvedValue([{ address: '::1' }, { address: '127.0.0.3' }]);
  const other = new WireConnection(resolved, 'ns', 1);
  await call(other);
  expect(server.opened.at(-1)).toBe('127.0.0.3');
  await other.close();
  await server.stop();
});
