import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Logger } from 'winston';
import { GENERATOR_FLAGS } from './generator-flags';
import { mergePages } from './metrics/page';
import { fetchPage } from './metrics/serve';
import type { RoleReady } from './roles/ready';

export type RoleName = 'control' | 'generator' | 'host';

export interface RolePlan {
  readonly role: RoleName;
  /** How many processes of it. */
  readonly count: number;
}

/** Pauses before a role that died is started again: soon at first, then less eagerly. */
const RESTART_MS = [250, 1000, 3000, 10_000];
/** A process that lived this long died of something new. */
const STABLE_MS = 30_000;
/** Longer than a generator's leaving: its reserved arrivals, and the deadline of their starts. */
const STOP_WITHIN_MS = 20_000;

interface Slot {
  readonly role: RoleName;
  readonly name: string;
  child?: ChildProcess;
  metricsPort?: number;
  failures: number;
  /** Set while the role waits to be started again. */
  restart?: NodeJS.Timeout;
}

/** Runs the roles of one machine as child processes, restarts what dies and says so. */
export class Supervisor {
  private readonly slots: Slot[];
  private stopping = false;

  constructor(
    plan: readonly RolePlan[],
    private readonly env: NodeJS.ProcessEnv,
    private readonly log: Logger,
    private readonly onPids: (pids: Readonly<Record<string, number>>) => void = () => undefined,
  ) {
    this.slots = plan.flatMap(({ role, count }) =>
      Array.from({ length: count }, (_, i) => ({ role, name: count === 1 ? role : `${role}-${i}`, failures: 0 })),
    );
  }

  /** Resolves when every role polls; rejects with its message if one cannot start. */
  async start(): Promise<void> {
    await Promise.all(this.slots.map((slot) => this.startSlot(slot)));
  }

  /**
   * Generators first, so that no load goes to hosts that are leaving; control last, so that it hears of both.
   *
   * @param atOnce where no run goes on any more, the order does not matter
   */
  async stop(atOnce = false): Promise<void> {
    this.stopping = true;
    for (const { restart } of this.slots) clearTimeout(restart);
    if (atOnce) return void (await Promise.all(this.slots.map(stopSlot)));
    for (const role of ['generator', 'host', 'control'] as const) {
      await Promise.all(this.slots.filter((slot) => slot.role === role).map(stopSlot));
    }
  }

  /** The metrics of all roles on one page. */
  async metricsPage(): Promise<string> {
    const pages = this.slots.flatMap(({ name, metricsPort }) =>
      metricsPort === undefined ? [] : [fetchPage(metricsPort).then((text) => ({ role: name, text }))],
    );
    return mergePages(await Promise.all(pages));
  }

  /** The roles that are not there, or do not answer. */
  async sick(): Promise<string[]> {
    const looks = this.slots.map(async ({ name, metricsPort }) => {
      const answers = metricsPort !== undefined && (await fetchPage(metricsPort)) !== '';
      return answers ? [] : [`${name} does not answer`];
    });
    return (await Promise.all(looks)).flat();
  }

  get pids(): Record<string, number> {
    return Object.fromEntries(this.slots.flatMap(({ name, child }) => (child?.pid ? [[name, child.pid]] : [])));
  }

  private async startSlot(slot: Slot): Promise<void> {
    const startedAt = Date.now();
    const child = fork(join(__dirname, 'roles', `${slot.role}.js`), [], {
      env: this.env,
      execArgv: slot.role === 'generator' ? GENERATOR_FLAGS : [],
      stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
    });
    slot.child = child;
    let lastWords = '';
    child.stderr!.on('data', (chunk: Buffer) => {
      lastWords = `${lastWords}${chunk.toString()}`.slice(-2000);
      process.stderr.write(chunk);
    });
    this.onPids(this.pids);
    const ready = once(child, 'message').then(([message]) => {
      slot.metricsPort = (message as RoleReady).metricsPort;
      return true;
    });
    const exited = once(child, 'exit').then(([code, signal]) => ({
      code: code as number | null,
      signal: signal as string | null,
    }));
    void exited.then(({ code, signal }) => this.onExit(slot, Date.now() - startedAt, code, signal));
    const isReady = await Promise.race([ready, exited.then(() => false)]);
    if (!isReady && !this.stopping)
      throw new Error(`${slot.name} could not start: ${lastWords.trim().split('\n').at(-1) ?? 'no reason given'}`);
  }

  private onExit(slot: Slot, livedMs: number, code: number | null, signal: string | null): void {
    slot.metricsPort = undefined;
    if (this.stopping) return;
    slot.failures = livedMs > STABLE_MS ? 0 : slot.failures;
    const pauseMs = RESTART_MS[Math.min(slot.failures, RESTART_MS.length - 1)]!;
    slot.failures += 1;
    this.log.warn('a role died and is started again', { name: slot.name, code, signal, livedMs, pauseMs });
    slot.restart = setTimeout(() => {
      this.startSlot(slot).catch((err: Error) => this.log.error(err.message));
    }, pauseMs);
  }
}

async function stopSlot({ child }: Slot): Promise<void> {
  if (!child || child.exitCode !== null || child.signalCode !== null) return;
  await stopProcess(child);
}

/** Asks, waits, and then insists. */
export async function stopProcess(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS);
  await exited;
  clearTimeout(timer);
}
