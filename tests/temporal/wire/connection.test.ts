import { readFileSync } from 'node:fs';
import { constants } from 'node:http2';
import { status } from '@grpc/grpc-js';
import { frameOf } from '../../../temporal/wire/encode';
import { classifyStartError, describeGrpcError, grpcCode } from '../../../temporal/grpc-errors';
import { makeCertificates } from '../../support/certificates';
import { throttled, TestFrontend } from '../../support/frontend';
import { refuse, reply, type ServerCall } from '../../support/http2-server';
import { afterwards, call, connectTo, failureOf, message, METHOD, serve, tidyUp, until } from '../../support/wire';

afterEach(tidyUp);

test('a call carries its message, a deadline, and the headers that the SDK sends', async () => {
  const calls: ServerCall[] = [];
  const server = await serve((one) => {
    calls.push(one);
    reply(one, Buffer.from('answer'));
  });
  const connection = connectTo(server.address, { metadata: { 'X-User': 'me', 'X-Bin': Buffer.from('\x01') } });
  expect((await call(connection, 1500)).toString()).toBe('answer');
  const [{ headers, message: received }] = calls as [ServerCall];
  expect(received).toEqual(message);
  expect(headers).toMatchObject({
    ':path': `/temporal.api.workflowservice.v1.WorkflowService/${METHOD}`,
    ':authority': server.address,
    'content-type': 'application/grpc',
    te: 'trailers',
    'grpc-timeout': '1500m',
    'temporal-namespace': 'ns',
    'client-name': 'temporal-typescript',
    'client-version': '1.24.0',
    'x-user': 'me',
    'x-bin': 'AQ==',
  });
});

test('over TLS, an API key is sent as authorization, and only a trusted client with a trusted server is let in', async () => {
  const certificates = makeCertificates();
  const seen: unknown[] = [];
  const frontend = await TestFrontend.start(undefined, {
    credentials: certificates.credentials,
    admit: (metadata) => seen.push(metadata.get('authorization')[0]),
  });
  afterwards(() => frontend.close());
  frontend.intercept(METHOD, () => Promise.resolve(Buffer.from('answer')));
  const clientCertPair = { crt: readFileSync(certificates.certFile), key: readFileSync(certificates.keyFile) };
  const tls = { serverRootCACertificate: readFileSync(certificates.caFile), clientCertPair };
  const byName = frontend.address.replace('127.0.0.1', 'localhost');
  const override = { ...tls, serverNameOverride: 'localhost' };
  for (const options of [
    { address: byName, tls },
    { address: frontend.address, tls },
    { address: frontend.address, tls: override },
  ])
    expect(await call(connectTo(options.address, { tls: options.tls, apiKey: 'secret' }))).toEqual(
      Buffer.from('answer'),
    );
  expect(seen).toEqual(Array(3).fill('Bearer secret'));
  const { serverRootCACertificate } = tls;
  const strangers = [{ serverRootCACertificate }, { clientCertPair }, { ...tls, serverNameOverride: 'other' }, true];
  for (const stranger of strangers)
    expect(grpcCode(await failureOf(call(connectTo(byName, { tls: stranger }))))).toBe(status.UNAVAILABLE);
}, 30_000);

test('errors look like those of the gRPC library: code, details, metadata', async () => {
  const trailers = {
    'grpc-status': String(status.RESOURCE_EXHAUSTED),
    'grpc-message': 'too%20fast %E2%9C%93',
    'grpc-status-details-bin': (throttled().metadata.get('grpc-status-details-bin')[0] as Buffer).toString('base64'),
  };
  for (const answer of [
    (one: ServerCall) => refuse(one, trailers),
    (one: ServerCall) => reply(one, Buffer.alloc(0), trailers),
  ]) {
    const server = await serve(answer);
    const err = await failureOf(call(connectTo(server.address)));
    expect(classifyStartError(err)).toMatchObject({
      kind: 'rejected',
      cause: 'RESOURCE_EXHAUSTED/RPS_LIMIT/namespace',
    });
    expect(err).toMatchObject({ code: status.RESOURCE_EXHAUSTED, details: 'too fast ✓' });
    expect(describeGrpcError(err)).toContain('frontend.namespaceRPS');
  }
});

test('a reply that is no gRPC reply is an error by its HTTP status', async () => {
  const server = await serve(({ stream }) => stream.respond({ ':status': 503 }, { endStream: true }));
  expect(await failureOf(call(connectTo(server.address)))).toMatchObject({ code: status.UNAVAILABLE });
});

test('a call that is not answered fails at its deadline, and the server hears of it', async () => {
  const reset = new Promise<number>((resolve) => {
    void serve(({ stream }) => stream.on('close', () => resolve(stream.rstCode))).then(async ({ address }) => {
      expect(await failureOf(call(connectTo(address), 100))).toMatchObject({ code: status.DEADLINE_EXCEEDED });
    });
  });
  expect(await reset).toBe(constants.NGHTTP2_CANCEL);
});

test('each call fails at its own deadline, whatever other calls have the same timeout', async () => {
  const [answered, ...silent] = [0, 1, 2];
  let calls = 0;
  const server = await serve((one) => (calls++ === answered ? reply(one, Buffer.from('answer')) : undefined));
  const connection = connectTo(server.address);
  await call(connection, 300);
  for (const _ of silent) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    const from = performance.now();
    expect(await failureOf(call(connection, 300))).toMatchObject({ code: status.DEADLINE_EXCEEDED });
    expect(performance.now() - from).toBeGreaterThanOrEqual(299);
    expect(performance.now() - from).toBeLessThan(600);
  }
  expect(connection.active).toBe(0);
});

test('a call is canceled by its signal, whether it is under way or waits', async () => {
  const server = await serve(() => undefined, { maxConcurrentStreams: 1 });
  const connection = connectTo(server.address);
  const controller = new AbortController();
  const failures = [1, 2].map(() => failureOf(call(connection, 5000, controller.signal)));
  await until(() => server.sessions.size === 1);
  controller.abort();
  for (const failure of failures) expect(await failure).toMatchObject({ code: status.CANCELLED });
  expect(await failureOf(call(connection, 5000, controller.signal))).toMatchObject({ code: status.CANCELLED });
  expect(connection.active).toBe(0);
});

test('a large reply arrives whole; one that is larger than the maximum is an error', async () => {
  const large = Buffer.alloc(5_000_000, 7);
  const server = await serve((one) => reply(one, large));
  expect((await call(connectTo(server.address))).equals(large)).toBe(true);
  const limited = connectTo(server.address, {}, { maxReplyBytes: 1_000_000 });
  expect(await failureOf(call(limited))).toMatchObject({ code: status.RESOURCE_EXHAUSTED });
});

test('a large request arrives whole', async () => {
  const received: number[] = [];
  const server = await serve((one) => {
    received.push(one.message.length);
    reply(one, message);
  });
  await connectTo(server.address).unary(METHOD, frameOf(Buffer.alloc(3_000_000, 1)), { deadlineMs: 5000 });
  expect(received).toEqual([3_000_000]);
});

test('a reply in pieces, compressed, or without a message is told from a whole one', async () => {
  const compressed = await serve((one) => {
    one.stream.respond({ ':status': 200 }, { waitForTrailers: true });
    one.stream.on('wantTrailers', () => one.stream.sendTrailers({ 'grpc-status': '0' }));
    one.stream.end(Buffer.from([1, 0, 0, 0, 0]));
  });
  const empty = await serve(({ stream }) => {
    stream.respond({ ':status': 200, 'grpc-status': '0' }, { endStream: true });
  });
  for (const { address } of [compressed, empty])
    expect(await failureOf(call(connectTo(address)))).toMatchObject({ code: status.INTERNAL });
});
