import { get, type IncomingMessage } from 'node:http';
import type { PageContent } from '../../report/html/page';

/** A browser's end of server-sent events: the contents in the order in which they arrive. */
export class Viewer {
  readonly received: PageContent[] = [];
  private rest = '';
  private onEvent: () => void = () => undefined;
  readonly ended: Promise<void>;

  private constructor(private readonly response: IncomingMessage) {
    response.setEncoding('utf8').on('data', (chunk: string) => {
      const contents = this.read(chunk);
      this.received.push(...contents);
      if (contents.length > 0) this.onEvent();
    });
    this.ended = new Promise((resolve) => response.once('close', () => resolve()));
  }

  static async connect(url: string): Promise<Viewer> {
    const response = await new Promise<IncomingMessage>((resolve, reject) =>
      get(`${url}events`, resolve).once('error', reject),
    );
    if (response.headers['content-type'] !== 'text/event-stream; charset=utf-8') throw new Error('there are no events');
    return new Viewer(response);
  }

  async has(count: number): Promise<void> {
    while (this.received.length < count) await new Promise<void>((resolve) => (this.onEvent = resolve));
  }

  /** Waits until a content with this text arrives, and returns it. */
  async sees(text: string): Promise<PageContent> {
    for (;;) {
      const found = this.received.findLast(({ parts }) => parts.some((part) => part.includes(text)));
      if (found) return found;
      await new Promise<void>((resolve) => (this.onEvent = resolve));
    }
  }

  leave(): void {
    this.response.destroy();
  }

  private read(chunk: string): PageContent[] {
    this.rest += chunk;
    // Only the latest characters can contain the end of a frame.
    if (!this.rest.slice(-chunk.length - 1).includes('\n\n')) return [];
    const frames = this.rest.split('\n\n');
    this.rest = frames.pop()!;
    return frames.flatMap((frame) => contentIn(frame) ?? []);
  }
}

/** Reads one frame as the specification of server-sent events tells: fields, one per line. */
export function contentIn(frame: string): PageContent | undefined {
  const fields = frame.split(/\r\n|\r|\n/).map((line) => line.split(/: (.*)/s));
  if (!fields.some(([name, value]) => name === 'event' && value === 'page')) return undefined;
  return JSON.parse(fields.flatMap(([name, value]) => (name === 'data' ? [value] : [])).join('\n')) as PageContent;
}
