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
  /** The number of processes of the role. */
  readonly count: number;
}

/** The backoff before a role that died is restarted. */
const RESTART_BACKOFF_MS = [250, 1000, 3000, 10_000];
/** After this uptime the restart backoff is reset. */
const STABLE_MS = 30_000;
/** Longer than the handover of a generator, which sends its reserved arrivals and awaits their starts. */
const STOP_TIMEOUT_MS = 20_000;

interface Slot {
  readonly role: RoleName;
  readonly name: string;
  child?: ChildProcess;
  metricsPort?: number;
  failures: number;
  /** Set while the role waits for its restart. */
  restart?: NodeJS.Timeout;
}

/** Runs the roles of one machine as child processes. Restarts and logs those that die. */
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

  /** Resolves when every role polls. Rejects with the last message of a role that cannot start. */
  async start(): Promise<void> {
    await Promise.all(this.slots.map((slot) => this.startSlot(slot)));
  }

  /**
   * Stops all roles: generators first, so that they send no load to hosts that stop; control last, because it receives the
   * results of both.
   *
   * @param isOver whether no run is in progress. All roles then end at the same time: a host gets SIGTERM, because it must end
   *   its own processes, and the others are killed
   */
  async stop(isOver = false): Promise<void> {
    this.stopping = true;
    for (const { restart } of this.slots) clearTimeout(restart);
    if (isOver) {
      const end = (slot: Slot) => (slot.role === 'host' ? stopSlot(slot) : killSlot(slot));
      return void (await Promise.all(this.slots.map(end)));
    }
    for (const role of ['generator', 'host', 'control'] as const) {
      await Promise.all(this.slots.filter((slot) => slot.role === role).map(stopSlot));
    }
  }

  /** Returns the metrics of all roles as one page. */
  async metricsPage(): Promise<string> {
    const pages = this.slots.flatMap(({ name, metricsPort }) =>
      metricsPort === undefined ? [] : [fetchPage(metricsPort).then((text) => ({ role: name, text }))],
    );
    return mergePages(await Promise.all(pages));
  }

  /** Returns one message per role that does not run or does not answer. */
  async healthProblems(): Promise<string[]> {
    const checks = this.slots.map(async ({ name, metricsPort }) => {
      const answers = metricsPort !== undefined && (await fetchPage(metricsPort)) !== '';
      return answers ? [] : [`${name} does not answer`];
    });
    return (await Promise.all(checks)).flat();
  }

  get pids(): Record<string, number> {
    return Object.fromEntries(this.slots.flatMap(({ name, child }) => (child?.pid ? [[name, child.pid]] : [])));
  }

  private async startSlot(slot: Slot): Promise<void> {
    const startedAt = performance.now();
    const child = fork(join(__dirname, 'roles', `${slot.role}.js`), [], {
      env: this.env,
      execArgv: slot.role === 'generator' ? GENERATOR_FLAGS : [],
      stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
    });
    slot.child = child;
    let lastOutput = '';
    child.stderr!.on('data', (chunk: Buffer) => {
      lastOutput = `${lastOutput}${chunk.toString()}`.slice(-2000);
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
    void exited.then(({ code, signal }) => this.onExit(slot, performance.now() - startedAt, code, signal));
    const isReady = await Promise.race([ready, exited.then(() => false)]);
    if (!isReady && !this.stopping)
      throw new Error(`${slot.name} could not start: ${lastOutput.trim().split('\n').at(-1) ?? 'it wrote no error'}`);
  }

  private onExit(slot: Slot, uptimeMs: number, code: number | null, signal: string | null): void {
    slot.metricsPort = undefined;
    if (this.stopping) return;
    slot.failures = uptimeMs > STABLE_MS ? 0 : slot.failures;
    const backoffMs = RESTART_BACKOFF_MS[Math.min(slot.failures, RESTART_BACKOFF_MS.length - 1)]!;
    slot.failures += 1;
    this.log.warn('a role died and is restarted', { name: slot.name, code, signal, uptimeMs, backoffMs });
    slot.restart = setTimeout(() => {
      this.startSlot(slot).catch((err: Error) => this.log.error(err.message));
    }, backoffMs);
  }
}

async function stopSlot({ child }: Slot): Promise<void> {
  if (!child || child.exitCode !== null || child.signalCode !== null) return;
  await stopProcess(child);
}

async function killSlot({ child }: Slot): Promise<void> {
  if (!child || child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

/** Sends SIGTERM, and SIGKILL after a timeout; resolves when the process has exited. */
export async function stopProcess(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
  await exited;
  clearTimeout(timer);
}
