import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';

/** The installed Chromium; undefined without one. */
export const CHROMIUM = ['chromium', 'chromium-browser', 'google-chrome'].find(
  (name) => spawnSync(name, ['--version']).status === 0,
);

const OPTIONS = [
  ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync'],
  ...['--disable-background-networking', '--disable-component-update', '--remote-debugging-pipe', '--hide-scrollbars'],
];

type Message = {
  id?: number;
  method?: string;
  sessionId?: string;
  params?: unknown;
  result?: unknown;
  error?: unknown;
};

/** A headless Chromium, driven through its debugging pipe: messages of the DevTools protocol, each followed by a NUL. */
export class Browser {
  private readonly answers = new Map<number, (message: Message) => void>();
  private readonly consoles = new Map<string, string[]>();
  private lastId = 0;

  private constructor(
    private readonly child: ChildProcess,
    private readonly profile: string,
  ) {
    let rest = '';
    (child.stdio[4] as Readable).setEncoding('utf8').on('data', (chunk: string) => {
      const messages = (rest + chunk).split('\0');
      rest = messages.pop()!;
      for (const message of messages) this.receive(JSON.parse(message) as Message);
    });
  }

  static start(): Browser {
    const profile = mkdtempSync(join(tmpdir(), 'browser-'));
    const stdio = ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] as const;
    const child = spawn(CHROMIUM!, [...OPTIONS, `--user-data-dir=${profile}`], { stdio: [...stdio] });
    return new Browser(child, profile);
  }

  /** Opens a page. */
  async open(url: string, { width = 1280, height = 900 } = {}): Promise<Tab> {
    const { targetId } = await this.call<{ targetId: string }>('Target.createTarget', { url: 'about:blank' });
    const { sessionId } = await this.call<{ sessionId: string }>('Target.attachToTarget', { targetId, flatten: true });
    this.consoles.set(sessionId, []);
    const tab = new Tab(
      (method, params) => this.call(method, params, sessionId),
      () => this.consoles.get(sessionId)!,
      () => this.call('Target.closeTarget', { targetId }),
    );
    for (const domain of ['Page', 'Runtime', 'Log']) await tab.call(`${domain}.enable`);
    await tab.call('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: 1, mobile: false });
    await tab.navigate(url);
    return tab;
  }

  /** Returns the time from the request of a page until the frame after the one with its charts, milliseconds; -1 without charts. */
  async firstChartMs(url: string): Promise<number> {
    const tab = await this.open('about:blank');
    const source = `addEventListener('DOMContentLoaded', () => requestAnimationFrame(() => requestAnimationFrame(() => {
      window.firstChartMs = document.querySelector('svg') ? performance.now() : -1;
    })))`;
    await tab.call('Page.addScriptToEvaluateOnNewDocument', { source });
    await tab.navigate(url);
    await tab.until('window.firstChartMs !== undefined');
    const ms = await tab.evaluate<number>('window.firstChartMs');
    await tab.close();
    return ms;
  }

  async close(): Promise<void> {
    const ended = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.kill('SIGKILL');
    await ended;
    // Its helper processes may still write for a moment.
    await rm(this.profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }

  private async call<T>(method: string, params: object = {}, sessionId?: string): Promise<T> {
    const id = (this.lastId += 1);
    const answer = new Promise<Message>((resolve) => this.answers.set(id, resolve));
    (this.child.stdio[3] as Writable).write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    const { result, error } = await answer;
    if (error) throw new Error(`${method}: ${JSON.stringify(error)}`);
    return result as T;
  }

  private receive(message: Message): void {
    if (message.id !== undefined) {
      this.answers.get(message.id)?.(message);
      this.answers.delete(message.id);
    } else if (['Runtime.consoleAPICalled', 'Runtime.exceptionThrown', 'Log.entryAdded'].includes(message.method!)) {
      this.consoles.get(message.sessionId ?? '')?.push(JSON.stringify(message.params));
    }
  }
}

/** One page in a browser. */
export class Tab {
  constructor(
    readonly call: <T>(method: string, params?: object) => Promise<T>,
    private readonly consoleLines: () => string[],
    readonly close: () => Promise<unknown>,
  ) {}

  async navigate(url: string): Promise<void> {
    await this.call('Page.navigate', { url });
    await this.until(`document.readyState === 'complete'`);
  }

  /** What the page wrote to the console, and its errors. */
  get console(): string[] {
    return this.consoleLines();
  }

  async evaluate<T>(expression: string): Promise<T> {
    const { result } = await this.call<{ result: { value: T } }>('Runtime.evaluate', {
      expression,
      returnByValue: true,
      awaitPromise: true,
    });
    return result.value;
  }

  /** Waits until an expression is true. */
  async until(expression: string, withinMs = 15_000): Promise<void> {
    const until = Date.now() + withinMs;
    while (!(await this.evaluate<boolean>(expression))) {
      if (Date.now() > until) {
        const text = await this.evaluate<string>('document.body.innerText');
        throw new Error(`waited ${withinMs} ms for ${expression}; the page shows:\n${text}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
