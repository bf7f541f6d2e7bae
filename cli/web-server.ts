import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { isIPv6, type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { markup } from '../report/html/markup';
import type { PageContent } from '../report/html/page';
import { badConfiguration } from './errors';
import { livePage } from './report-page';
import type { WebAddress } from './web-options';

/** How long a browser waits before it connects again. */
const RETRY_MS = 1000;
/** A comment is sent this often, so that a connection that is gone is noticed. */
const KEEP_ALIVE_MS = 15_000;
/** How long the end of the page waits for a browser that is just connecting again, and for the last bytes to be sent. */
const CLOSE_MS = 2 * RETRY_MS;
/** More viewers than this are refused. */
const MAX_VIEWERS = 50;

const HEADERS = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
};

/**
 * Serves the page of a run in progress: the page itself at `/`, and its content as server-sent events at `/events`. Each event
 * has the whole content, so that a viewer may connect at any time, reload, or miss some.
 */
export class WebServer {
  private readonly viewers = new Set<ServerResponse>();
  /** The viewers that have missed a content. */
  private readonly behind = new WeakSet<ServerResponse>();
  private content: PageContent = { title: 'starting', parts: [''], isFinal: false };
  private draw?: () => PageContent;
  /** When a viewer left that may be connecting again. */
  private leftAtMs = -Infinity;
  private readonly keepingAlive: NodeJS.Timeout;

  private constructor(
    private readonly server: Server,
    /** Whether a browser on another machine may connect. */
    private readonly isRemote: boolean,
  ) {
    this.keepingAlive = setInterval(() => this.keepAlive(), KEEP_ALIVE_MS).unref();
    server.on('request', (request, response) => this.answer(request, response));
  }

  /** Throws a configuration error if the address cannot be used. */
  static async open({ host, port, isRemote }: WebAddress): Promise<WebServer> {
    const server = createServer();
    await new Promise<void>((resolve, reject) => {
      server.once('error', (err: NodeJS.ErrnoException) =>
        reject(badConfiguration(`--web-address: ${host}:${port} cannot be used (${err.code ?? err.message})`)),
      );
      server.listen(port, host, resolve);
    });
    server.removeAllListeners('error');
    // Such as too many open files: a viewer is not served.
    server.on('error', () => undefined);
    // The page must not keep a process alive whose work has ended.
    server.unref();
    return new WebServer(server, isRemote);
  }

  get url(): string {
    const { address, port } = this.server.address() as AddressInfo;
    return `http://${isIPv6(address) ? `[${address}]` : address}:${port}/`;
  }

  /** Shows a content to all viewers. It is drawn only if somebody looks. */
  show(draw: () => PageContent): void {
    if (this.content.isFinal) return;
    this.draw = draw;
    if (this.viewers.size === 0) return;
    const event = eventOf(this.latest);
    for (const viewer of this.viewers) this.sendTo(viewer, event);
  }

  /** Shows the last content, after which nothing follows. Later viewers see it, too. */
  end(content: PageContent): void {
    if (this.content.isFinal) return;
    this.draw = undefined;
    this.content = content;
    for (const viewer of this.viewers) viewer.end(eventOf(content));
  }

  /** Stops serving, after the viewers have received the last content. */
  async close(): Promise<void> {
    clearInterval(this.keepingAlive);
    const until = performance.now() + CLOSE_MS;
    const isReturning = () => performance.now() - this.leftAtMs < CLOSE_MS;
    while (this.content.isFinal && (this.viewers.size > 0 || isReturning()) && performance.now() < until)
      await sleep(20);
    this.server.close();
    this.server.closeAllConnections();
  }

  get hasViewers(): boolean {
    return this.viewers.size > 0;
  }

  /** The page must not harm the run: if it cannot be drawn, it says why. */
  private get latest(): PageContent {
    try {
      if (this.draw) this.content = this.draw();
    } catch (err) {
      const message = `The page could not be drawn: ${(err as Error).message}`;
      this.content = { title: 'no page', parts: [markup`<p class="waiting">${message}</p>`.text], isFinal: false };
    }
    return this.content;
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    const { pathname } = new URL(request.url ?? '/', 'http://page');
    if (!this.isRemote && !isLoopbackHost(request.headers.host)) return refuse(response, 403, 'unknown host');
    if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(response, 405, 'only GET is served');
    if (pathname === '/') {
      response.writeHead(200, { ...HEADERS, 'content-type': 'text/html; charset=utf-8' });
      response.end(request.method === 'HEAD' ? undefined : livePage(this.latest));
    } else if (pathname === '/events' && request.method === 'GET') this.add(response);
    else refuse(response, 404, 'there is only one page: /');
  }

  private add(viewer: ServerResponse): void {
    if (this.viewers.size >= MAX_VIEWERS) return refuse(viewer, 503, 'too many viewers');
    viewer.writeHead(200, { ...HEADERS, 'content-type': 'text/event-stream; charset=utf-8' });
    const first = `retry: ${RETRY_MS}\n${eventOf(this.latest)}`;
    this.viewers.add(viewer);
    viewer.on('error', () => undefined);
    this.leftAtMs = -Infinity;
    viewer.once('close', () => {
      this.viewers.delete(viewer);
      if (!this.content.isFinal) this.leftAtMs = performance.now();
    });
    if (this.content.isFinal) viewer.end(first);
    else viewer.write(first);
  }

  /** A viewer that is slow misses what it cannot take. When it can take more, it gets the latest content. */
  private sendTo(viewer: ServerResponse, event: string): void {
    if (!viewer.writableNeedDrain) viewer.write(event);
    else if (!this.behind.has(viewer)) {
      this.behind.add(viewer);
      viewer.once('drain', () => {
        this.behind.delete(viewer);
        if (!viewer.writableEnded) viewer.write(eventOf(this.latest));
      });
    }
  }

  private keepAlive(): void {
    for (const viewer of this.viewers) if (!viewer.writableNeedDrain) viewer.write(': alive\n\n');
  }
}

/** Returns an event of server-sent events; JSON has no line break outside its strings, where it is escaped. */
export function eventOf(content: PageContent): string {
  return `event: page\ndata: ${JSON.stringify(content)}\n\n`;
}

/**
 * Whether a request was meant for this machine: a page of another site that has its own name resolved to this machine is
 * refused.
 */
function isLoopbackHost(host = ''): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/i.test(host);
}

function refuse(response: ServerResponse, status: number, why: string): void {
  response.writeHead(status, { ...HEADERS, 'content-type': 'text/plain; charset=utf-8' });
  response.end(`${why}\n`);
}
