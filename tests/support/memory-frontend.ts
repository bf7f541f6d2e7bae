import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { goProgram } from './go-programs';

/** What the frontend counts, from its start or the last {@link MemoryFrontend.reset}. */
export interface FrontendReport {
  /** Calls by operation, as a server's own metrics name them. */
  readonly calls: Readonly<Record<string, number>>;
  /** Errors by operation and gRPC code, e.g. `ResourceExhausted`. */
  readonly errors: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Workflows by status, children included; never reset. */
  readonly workflows: Readonly<Record<string, number>>;
  readonly seconds: number;
  /** CPU time of the process since it started, seconds; never reset. */
  readonly cpuSeconds: number;
  readonly maxRssBytes: number;
}

/** How long it may take to listen, milliseconds. */
const READY_MS = 10_000;

/** A Temporal frontend in memory, with planted behavior: tests/support/memory-frontend/README.md has its flags. */
export class MemoryFrontend {
  private constructor(
    private readonly child: ChildProcess,
    readonly address: string,
    private readonly http: string,
    private readonly lines: readonly string[],
  ) {}

  /** Starts one on free ports of loopback, e.g. with `['-capacity', '200']`. Builds the program if necessary. */
  static async start(flags: readonly string[] = [], env: NodeJS.ProcessEnv = {}): Promise<MemoryFrontend> {
    const child = spawn(goProgram('memory-frontend'), ['-http', '127.0.0.1:0', ...flags], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
    });
    const lines: string[] = [];
    let errors = '';
    child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    const find = (word: string) => lines.find((line) => line.startsWith(`${word} `))?.slice(word.length + 1);
    try {
      await new Promise<void>((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`waited ${READY_MS} ms`)), READY_MS);
        child.once('error', reject).once('close', (code) => reject(new Error(`it ended with code ${code}`)));
        createInterface({ input: child.stdout }).on('line', (line) => {
          lines.push(line);
          if (!line.startsWith('listening ')) return;
          clearTimeout(timer);
          resolve();
        });
      });
    } catch (cause) {
      child.kill('SIGKILL');
      throw new Error(`the in-memory frontend does not listen: ${(cause as Error).message} ${errors}`, { cause });
    }
    return new MemoryFrontend(child, find('listening')!, find('http')!, lines);
  }

  get pid(): number {
    return this.child.pid!;
  }

  async report(): Promise<FrontendReport> {
    return (await (await fetch(`http://${this.http}/calls`)).json()) as FrontendReport;
  }

  /** Sets the counts to zero. What is planted at a time counts from the next start of a workflow. */
  async reset(): Promise<void> {
    await fetch(`http://${this.http}/reset`, { method: 'POST' });
  }

  /** Ends the process and returns what it printed at its end. */
  async stop(): Promise<FrontendReport> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const closed = once(this.child, 'close');
      this.child.kill('SIGTERM');
      await closed;
    }
    return JSON.parse(this.lines.at(-1)!) as FrontendReport;
  }
}
