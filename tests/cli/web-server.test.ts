import { get, request, type IncomingMessage } from 'node:http';
import fc from 'fast-check';
import { eventOf, WebServer } from '../../cli/web-server';
import type { PageContent } from '../../report/html/page';
import { contentIn, Viewer } from '../support/viewer';

const LOCAL = { host: '127.0.0.1', port: 0, isRemote: false };
const content = (text: string, isFinal = false): PageContent => ({ title: text, parts: [`<p>${text}</p>`], isFinal });

let server: WebServer;
beforeEach(async () => (server = await WebServer.open(LOCAL)));
afterEach(() => server.close());

async function answer(path: string, options: object = {}): Promise<{ status: number; text: string }> {
  return await new Promise((resolve, reject) => {
    request(new URL(path, server.url), options, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('end', () => resolve({ status: response.statusCode!, text }));
    })
      .once('error', reject)
      .end();
  });
}

test('an event has one line of data, whatever the content contains, and a browser reads the same content', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('\n\n', '\r', 'data: x\n\nevent: page\n', '\u2028'),
  );
  fc.assert(
    fc.property(text, fc.array(text, { maxLength: 12 }), (title, parts) => {
      const event = eventOf({ title, parts, isFinal: false });
      expect(event.endsWith('\n\n')).toBe(true);
      expect(event.trimEnd().split(/\r\n|\r|\n/)).toHaveLength(2);
      expect(contentIn(event.slice(0, -2))).toEqual({ title, parts, isFinal: false });
    }),
  );
});

test('every viewer sees each content, one that connects later or again begins with the latest', async () => {
  server.show(() => content('one'));
  const viewers = await Promise.all([
    Viewer.connect(server.url),
    Viewer.connect(server.url),
    Viewer.connect(server.url),
  ]);
  await Promise.all(viewers.map((viewer) => viewer.has(1)));
  server.show(() => content('two'));
  await Promise.all(viewers.map((viewer) => viewer.has(2)));
  for (const { received } of viewers) expect(received.map(({ title }) => title)).toEqual(['one', 'two']);
  // A reload: the page itself has the latest content, and so has the first event.
  viewers[0]!.leave();
  const page = await answer('/');
  expect(page.text).toContain('<p>two</p>');
  const reloaded = await Viewer.connect(server.url);
  await reloaded.has(1);
  expect(reloaded.received).toEqual([content('two')]);
});

test('the last content ends the events; a viewer that comes later has it, too, and nothing follows', async () => {
  const viewer = await Viewer.connect(server.url);
  server.end(content('final', true));
  server.show(() => content('late'));
  await viewer.ended;
  expect(viewer.received.at(-1)).toEqual(content('final', true));
  const late = await Viewer.connect(server.url);
  await late.ended;
  expect(late.received).toEqual([content('final', true)]);
  expect((await answer('/')).text).toContain('<p>final</p>');
});

/** A content that fills the buffers of a connection after a few. */
const large = (text: string): PageContent => ({ ...content(text), parts: [`<p>${text}</p>${'x'.repeat(2 ** 20)}`] });

test('a viewer that does not read is skipped, and the others are not', async () => {
  const slow = await new Promise<IncomingMessage>((resolve) => get(`${server.url}events`, resolve));
  slow.pause();
  const viewer = await Viewer.connect(server.url);
  for (let i = 1; i <= 20; i += 1) {
    server.show(() => large(`no. ${i}`));
    await viewer.sees(`<p>no. ${i}<`);
  }
  const taken: string[] = [];
  slow.setEncoding('utf8').on('data', (chunk: string) => taken.push(chunk));
  const ended = new Promise((resolve) => slow.once('close', resolve));
  slow.resume();
  server.end(content('final', true));
  await ended;
  const frames = taken.join('').split('\n\n');
  expect(frames.length).toBeLessThan(15);
  expect(contentIn(frames.at(-2)!)).toEqual(content('final', true));
});

test('a viewer that was too slow for a content gets the latest one when it reads again', async () => {
  const slow = await new Promise<IncomingMessage>((resolve) => get(`${server.url}events`, resolve));
  slow.pause();
  for (let i = 1; i <= 20; i += 1) server.show(() => large(`no. ${i}`));
  server.show(() => content('latest'));
  const taken: string[] = [];
  await new Promise<void>((resolve) => {
    slow.setEncoding('utf8').on('data', (chunk: string) => {
      taken.push(chunk);
      if (taken.slice(-2).join('').includes('<p>latest</p>')) resolve();
    });
    slow.resume();
  });
  expect(taken.join('').split('\n\n').length).toBeLessThan(15);
});

test('nothing is drawn while nobody looks, and a page that cannot be drawn says why', async () => {
  let drawn = 0;
  for (let i = 0; i < 5; i += 1) server.show(() => (drawn++, content('x')));
  expect(drawn).toBe(0);
  server.show(() => {
    throw new Error('<b>no such step</b>');
  });
  expect((await answer('/')).text).toContain('The page could not be drawn: &lt;b&gt;no such step&lt;/b&gt;');
});

test('only GET of the page is served, and only under a name of this machine', async () => {
  const { port } = new URL(server.url);
  const of = async (path: string, options: object = {}) => (await answer(path, options)).status;
  expect(await of('/')).toBe(200);
  expect(await of('/', { headers: { host: `localhost:${port}` } })).toBe(200);
  expect(await of('/', { headers: { host: `attacker.example:${port}` } })).toBe(403);
  expect(await of('/events', { headers: { host: 'attacker.example' } })).toBe(403);
  expect(await of('/', { method: 'POST' })).toBe(405);
  expect(await of('/../etc/passwd')).toBe(404);
  const { text } = await answer('/');
  expect(text).toMatch(
    /default-src 'none'; style-src 'unsafe-inline'; connect-src 'self'; script-src 'sha256-[\w+/]{43}='/,
  );
});

test('an address that is in use is a configuration error that names it', async () => {
  const { port } = new URL(server.url);
  await expect(WebServer.open({ ...LOCAL, port: Number(port) })).rejects.toThrow(
    `--web-address: 127.0.0.1:${port} cannot be used (EADDRINUSE)`,
  );
});
