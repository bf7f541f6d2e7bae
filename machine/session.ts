import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stateDir } from './paths';
import type { RunOutcome } from './await-run';

/**
 * What a session is for. Written by the command that waits for the run, and by no other process.
 */
export interface SessionRun {
  readonly id: string;
  readonly workflowId: string;
  /** Whether the workflow has been started. */
  readonly started: boolean;
  readonly startedAt: string;
  /** One line for people: what the run does. */
  readonly summary: string;
  readonly lanes: number;
  readonly hosts: number;
  /** Whether the target is ours; in memory unless it was given a database file. */
  readonly embeddedTarget: boolean;
  /** Where the machine's metrics are served: host:port, or `off`. */
  readonly metricsAddress: string;
  readonly targetDatabase?: string;
  readonly targetDynamicConfig?: readonly string[];
  /** Connection settings that are no secret, to bring the session back with; secrets come from the environment anew. */
  readonly environment: Readonly<Record<string, string>>;
  /** The process that waits for the result and will tear everything down; 0 if nobody does. */
  readonly watcherPid: number;
  readonly connectTimeoutMs: number;
}

/** What runs on this machine for a session. Written by its supervisor, and by no other process. */
export interface SessionProcesses {
  /** The process that owns all others of the session. */
  readonly supervisorPid: number;
  /** Server and role processes by name. */
  readonly pids: Readonly<Record<string, number>>;
  readonly controlAddress?: string;
  readonly targetAddress?: string;
  /** Where an embedded target serves its own metrics: host:port. */
  readonly targetMetrics?: string;
}

const RUN_FILE = 'run.json';
const PROCESSES_FILE = 'processes.json';

/**
 * The run-state files of one embedded run, by which any later command finds it again. Each file has one writer, so no
 * process overwrites what another has just noted.
 */
export class Session {
  constructor(readonly dir: string) {}

  static create(id: string): Session {
    const session = new Session(join(sessionsDir(), id));
    mkdirSync(session.dir, { recursive: true, mode: 0o700 });
    return session;
  }

  /** Sessions of this machine, the latest last. */
  static all(): Session[] {
    if (!existsSync(sessionsDir())) return [];
    return readdirSync(sessionsDir())
      .sort()
      .map((id) => new Session(join(sessionsDir(), id)))
      .filter((session) => existsSync(session.file(RUN_FILE)));
  }

  file(name: string): string {
    return join(this.dir, name);
  }

  get run(): SessionRun {
    return this.readFile<SessionRun>(RUN_FILE);
  }

  get processes(): SessionProcesses {
    if (!existsSync(this.file(PROCESSES_FILE))) return { supervisorPid: 0, pids: {} };
    return this.readFile<SessionProcesses>(PROCESSES_FILE);
  }

  updateRun(change: Partial<SessionRun>): void {
    const before = existsSync(this.file(RUN_FILE)) ? this.run : {};
    this.replace(RUN_FILE, { ...before, ...change });
  }

  updateProcesses(change: Partial<SessionProcesses>): void {
    this.replace(PROCESSES_FILE, { ...this.processes, ...change });
  }

  /** Keeps the outcome of a run that nobody waits for. */
  saveOutcome(outcome: RunOutcome): void {
    this.replace('outcome.json', outcome);
  }

  /** The outcome that was kept because nobody was there to take it. */
  savedOutcome(): RunOutcome | undefined {
    return existsSync(this.file('outcome.json')) ? this.readFile<RunOutcome>('outcome.json') : undefined;
  }

  remove(): void {
    rmSync(this.dir, { recursive: true, force: true, maxRetries: 5 });
  }

  private readFile<T>(name: string): T {
    return JSON.parse(readFileSync(this.file(name), 'utf8')) as T;
  }

  /** Replaces a file in one step: a reader never sees half of it. */
  private replace(name: string, content: unknown): void {
    const draft = this.file(`${name}.${process.pid}`);
    writeFileSync(draft, JSON.stringify(content, null, 2), { mode: 0o600 });
    renameSync(draft, this.file(name));
  }
}

function sessionsDir(): string {
  return join(stateDir(), 'sessions');
}

/** Whether a process still runs. One that has ended and that nobody has reaped, as in many containers, does not. */
export function isAlive(pid: number): boolean {
  if (pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (err) {
    return (err as NodeJS.ErrnoException).code === 'EPERM';
  }
  return !isZombie(pid);
}

function isZombie(pid: number): boolean {
  try {
    // The state follows the command's name, which may hold spaces and brackets of its own.
    return /\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
