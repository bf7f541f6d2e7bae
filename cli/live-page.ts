import type { RunOutcome } from '../machine/await-run';
import { finalContent, liveContent } from '../report/html/page';
import { resultWithoutRun } from '../report/result';
import { messageOf } from './errors';
import { liveResult } from './live-result';
import type { RunWatch } from './run-watch';
import type { WebAddress } from './web-options';
import { WebServer } from './web-server';

/** The page is drawn again at most this often. */
const DRAW_MS = 2000;

/** The page of a run in progress, which ends as the page of its result. */
export class LivePage {
  private drawnAtMs = -Infinity;

  private constructor(private readonly server: WebServer) {}

  /** Throws a configuration error if the address cannot be used. */
  static async open(address: WebAddress): Promise<LivePage> {
    return new LivePage(await WebServer.open(address));
  }

  /** Prints the address of the page on stderr. */
  announce(): void {
    process.stderr.write(`Live page: ${this.server.url}\n`);
  }

  /** Prints the address, and shows what a watch reads. The watch reads more than for a terminal only while somebody looks at the page. */
  follow(watch: RunWatch): void {
    this.announce();
    watch.wantsInterim = () => this.server.hasViewers;
    watch.subscribe((update) => {
      const nowMs = performance.now();
      if (nowMs - this.drawnAtMs < DRAW_MS) return;
      this.drawnAtMs = nowMs;
      this.server.show(() => liveContent(update.state, liveResult(update)));
    });
  }

  /** Shows the page of the result, or why there is none. */
  end({ result, error }: RunOutcome): void {
    const message = error ?? 'the run ended without a result';
    this.server.end(finalContent(result ?? resultWithoutRun('ERROR', message, {}, Date.now())));
  }

  async close(): Promise<void> {
    await this.server.close();
  }
}

/** Does some work with a live page, if there is an address for it. If the work fails, the page shows why. */
export async function withLivePage<T>(
  address: WebAddress | undefined,
  work: (page?: LivePage) => Promise<T>,
): Promise<T> {
  if (address === undefined) return await work();
  const page = await LivePage.open(address);
  try {
    return await work(page);
  } catch (err) {
    page.end({ error: messageOf(err) });
    throw err;
  } finally {
    await page.close();
  }
}
