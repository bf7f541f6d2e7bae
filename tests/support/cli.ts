import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isAlive } from '../../machine/process-identity';
import type { BenchmarkResult } from '../../report/result-schema';
import { onEnd } from './leftovers';

const MAIN = join(__dirname, '..', '..', 'dist', 'cli', 'main.js');

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export { isAlive };

/** One command of the tool, run as a user would, in a process group of its own. */
export class Command {
  stdout = '';
  stderr = '';
  readonly ended: Promise<Ended>;
  private readonly listeners = new Set<() => void>();

  constructor(readonly child: ChildProcess) {
    child.stdout!.on('data', (chunk: Buffer) => this.heard((this.stdout += chunk.toString())));
    child.stderr!.on('data', (chunk: Buffer) => this.heard((this.stderr += chunk.toString())));
    this.ended = new Promise((resolve) =>
      child.once('close', (code, signal) => {
        resolve({ code, signal, stdout: this.stdout, stderr: this.stderr });
        this.heard();
      }),
    );
  }

  /** Resolves once the output matches; rejects if the command ends without. */
  async says(pattern: RegExp, withinMs = 60_000): Promise<RegExpExecArray> {
    return await new Promise((resolve, reject) => {
      const fail = (why: string) => {
        this.listeners.delete(look);
        clearTimeout(timer);
        reject(new Error(`${why} without saying ${pattern}:\n${this.stdout}\n${this.stderr}`));
      };
      const timer = setTimeout(() => fail(`waited ${withinMs} ms`), withinMs);
      const look = () => {
        const found = pattern.exec(this.stdout) ?? pattern.exec(this.stderr);
        if (!found) return this.child.exitCode !== null || this.child.signalCode !== null ? fail('ended') : undefined;
        this.listeners.delete(look);
        clearTimeout(timer);
        resolve(found);
      };
      this.listeners.add(look);
      look();
    });
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  private heard(_text?: string): void {
    for (const look of [...this.listeners]) look();
  }
}

/** A user's home for the tool: its state and results, and nothing else of this machine's settings. */
export class Home {
  readonly dir = mkdtempSync(join(tmpdir(), 'benchmark-home-'));
  private readonly started: Command[] = [];

  run(args: readonly string[], env: Record<string, string> = {}): Command {
    const clean = Object.fromEntries(
      Object.entries(process.env).filter(([name]) => !/^(TEMPORAL_(?!CLI_PATH)|BENCHMARK_)/.test(name)),
    );
    const child = spawn(process.execPath, [MAIN, ...args], {
      cwd: this.dir,
      env: { ...clean, XDG_STATE_HOME: join(this.dir, 'state'), BENCHMARK_METRICS_ADDRESS: 'off', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    const command = new Command(child);
    this.started.push(command);
    return command;
  }

  /** A run at home to its end, and its result. */
  async benchmark(...args: string[]): Promise<Ended & { result: BenchmarkResult }> {
    const ended = await this.run(['run', '-o', 'json', '--out', join(this.dir, 'out'), ...args]).ended;
    return { ...ended, result: parseResult(ended) };
  }

  get sessionsDir(): string {
    return join(this.dir, 'state', 'temporal-benchmark', 'sessions');
  }

  get sessions(): string[] {
    try {
      return readdirSync(this.sessionsDir);
    } catch {
      return [];
    }
  }

  /** The processes of the only session, by name. */
  get pids(): Record<string, number> {
    const [session] = this.sessions;
    const file = join(this.sessionsDir, session!, 'processes.json');
    const { supervisorPid, pids } = JSON.parse(readFileSync(file, 'utf8')) as {
      supervisorPid: number;
      pids: Record<string, number>;
    };
    return { supervisor: supervisorPid, ...pids };
  }

  /** Ends what a failed test left, by the process ids it started. */
  readonly leave = onEnd(async () => {
    for (const { child } of this.started)
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    for (const session of this.sessions) {
      const workflow = this.run(['cleanup', session]);
      await workflow.ended;
    }
    rmSync(this.dir, { recursive: true, force: true });
  });
}

export function parseResult({ stdout, stderr }: Ended): BenchmarkResult {
  try {
    return JSON.parse(stdout) as BenchmarkResult;
  } catch {
    throw new Error(`no result on stdout:\n${stdout}\n${stderr}`);
  }
}

/** Polls a condition that no event announces; fails with what it was waiting for. */
export async function eventually<T>(
  what: string,
  look: () => T | undefined | false | Promise<T | undefined | false>,
  withinMs = 30_000,
): Promise<T> {
  const giveUpAt = Date.now() + withinMs;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > giveUpAt) throw new Error(`waited ${withinMs} ms for ${what}`);
    await sleep(50);
  }
}
