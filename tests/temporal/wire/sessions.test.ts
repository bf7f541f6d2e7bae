import { constants } from 'node:http2';
import { status } from '@grpc/grpc-js';
import { frameOf } from '../../../temporal/wire/encode';
import { describeGrpcError, grpcCode } from '../../../temporal/grpc-errors';
import { reply, type ServerCall } from '../../support/http2-server';
import { TcpProxy } from '../../support/tcp-proxy';
import { afterwards, call, connectTo, failureOf, message, METHOD, serve, tidyUp, until } from '../../support/wire';

afterEach(tidyUp);

test('when the server says GOAWAY, calls under way finish and new ones go to a new session', async () => {
  const held: ServerCall[] = [];
  const server = await serve((one) => (held.length === 0 ? held.push(one) : reply(one, Buffer.from('new'))));
  const connection = connectTo(server.address);
  const old = call(connection);
  await until(() => held.length === 1);
  const [session] = server.sessions;
  session!.goaway(constants.NGHTTP2_NO_ERROR);
  await until(async () => {
    await call(connection);
    return server.opened.length === 2;
  });
  reply(held[0]!, Buffer.from('old'));
  expect((await old).toString()).toBe('old');
  await until(() => server.sessions.size === 1);
});

test('calls fail as unavailable when the server is gone, and it is back within about a second of the server', async () => {
  let server = await serve(() => undefined);
  const connection = connectTo(server.address);
  const lost = failureOf(call(connection));
  await until(() => server.sessions.size === 1);
  await server.stop();
  expect(await lost).toMatchObject({ code: status.UNAVAILABLE });
  // For a while nobody is there.
  const away = performance.now();
  while (performance.now() - away < 1500) {
    expect(await failureOf(call(connection))).toMatchObject({ code: status.UNAVAILABLE });
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  server = await serve((one) => reply(one, message), {}, server.port);
  const back = performance.now();
  await until(() =>
    call(connection).then(
      () => true,
      () => false,
    ),
  );
  expect(performance.now() - back).toBeLessThan(1500);
});

test('a stream that the server refuses is sent again, because the server has not processed it', async () => {
  let calls = 0;
  const server = await serve((one) => {
    calls += 1;
    if (calls === 1) one.stream.close(constants.NGHTTP2_REFUSED_STREAM);
    else reply(one, Buffer.from('answer'));
  });
  expect((await call(connectTo(server.address))).toString()).toBe('answer');
  expect(calls).toBe(2);
});

test("no more calls are under way than the server's limit; the others wait and are sent in their order", async () => {
  let now = 0;
  let most = 0;
  const order: number[] = [];
  const server = await serve(
    (one) => {
      order.push(one.message[0]!);
      most = Math.max(most, (now += 1));
      setTimeout(() => {
        now -= 1;
        reply(one, message);
      }, 5);
    },
    { maxConcurrentStreams: 3 },
  );
  const connection = connectTo(server.address);
  const numbers = Array.from({ length: 30 }, (_, i) => i);
  await Promise.all(numbers.map((i) => connection.unary(METHOD, frameOf(Buffer.from([i])), { deadlineMs: 5000 })));
  expect(most).toBe(3);
  expect(order).toEqual(numbers);
});

test('a connection on which nothing arrives any more is found by a ping, and replaced', async () => {
  const server = await serve((one) => reply(one, message));
  const proxy = await TcpProxy.start(server.address);
  afterwards(() => proxy.close());
  const connection = connectTo(proxy.address, {}, { keepAliveMs: 100, keepAliveTimeoutMs: 100 });
  await call(connection);
  proxy.halfOpen();
  expect(await failureOf(call(connection))).toMatchObject({ code: status.UNAVAILABLE });
  expect(await call(connection)).toEqual(message);
});

test('a frontend that does not answer at all fails calls when the connect timeout is over', async () => {
  const server = await serve(() => undefined);
  const proxy = await TcpProxy.start(server.address);
  afterwards(() => proxy.close());
  proxy.delay(1000);
  const connection = connectTo(proxy.address, {}, { connectTimeoutMs: 100 });
  const err = await failureOf(call(connection));
  expect(err).toMatchObject({ code: status.UNAVAILABLE });
  expect(describeGrpcError(err)).toContain('no answer within 100 ms');
});

test('closing lets calls under way finish and refuses new ones', async () => {
  const held: ServerCall[] = [];
  const server = await serve((one) => held.push(one));
  const connection = connectTo(server.address);
  const last = call(connection);
  await until(() => held.length === 1);
  const closed = connection.close(5000);
  expect(await failureOf(call(connection))).toMatchObject({ code: status.CANCELLED });
  reply(held[0]!, Buffer.from('last'));
  expect((await last).toString()).toBe('last');
  await closed;
  await until(() => server.sessions.size === 0);
});

test('closing does not wait longer than it was told to', async () => {
  const held: ServerCall[] = [];
  const server = await serve((one) => held.push(one));
  const connection = connectTo(server.address);
  const lost = failureOf(call(connection, 60_000));
  await until(() => held.length === 1);
  await connection.close(50);
  expect(grpcCode(await lost)).toBe(status.UNAVAILABLE);
});

test('several channels are several sessions', async () => {
  const server = await serve((one) => reply(one, message));
  const connection = connectTo(server.address, {}, {}, 3);
  await Promise.all(Array.from({ length: 9 }, () => call(connection)));
  expect(server.opened).toHaveLength(3);
});
