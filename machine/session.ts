import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stateDir } from './paths';

/** The run-state file: what runs on this machine for one embedded run, so that any later command finds it again. */
export interface SessionState {
  readonly id: string;
  readonly workflowId: string;
  readonly lanes: number;
  /** The process that owns all others of the session. */
  readonly supervisorPid: number;
  readonly pids: Readonly<Record<string, number>>;
  readonly controlAddress?: string;
  readonly targetAddress?: string;
  /** Whether the target is ours: embedded, in memory. */
  readonly embeddedTarget: boolean;
  /** The process that waits for the result and will tear everything down; 0 if nobody does. */
  readonly watcherPid: number;
  readonly connectTimeoutMs: number;
}

export class Session {
  constructor(readonly dir: string) {}

  static create(id: string): Session {
    const session = new Session(join(sessionsDir(), id));
    mkdirSync(session.dir, { recursive: true, mode: 0o700 });
    return session;
  }

  static all(): Session[] {
    if (!existsSync(sessionsDir())) return [];
    return readdirSync(sessionsDir())
      .map((id) => new Session(join(sessionsDir(), id)))
      .filter((session) => existsSync(session.file('session.json')));
  }

  file(name: string): string {
    return join(this.dir, name);
  }

  read(): SessionState {
    return JSON.parse(readFileSync(this.file('session.json'), 'utf8')) as SessionState;
  }

  /** Replaces the file in one step: a reader never sees half of it. */
  write(state: SessionState): void {
    const draft = this.file(`session.json.${process.pid}`);
    writeFileSync(draft, JSON.stringify(state, null, 2), { mode: 0o600 });
    renameSync(draft, this.file('session.json'));
  }

  update(change: Partial<SessionState>): SessionState {
    const state = { ...this.read(), ...change };
    this.write(state);
    return state;
  }

  /** The result that the supervisor left because nobody was there to take it. */
  leftResult(): string | undefined {
    const file = this.file('outcome.json');
    return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
  }

  remove(): void {
    rmSync(this.dir, { recursive: true, force: true, maxRetries: 5 });
  }
}

function sessionsDir(): string {
  return join(stateDir(), 'sessions');
}

export function isAlive(pid: number): boolean {
  if (pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (err) {
    return (err as NodeJS.ErrnoException).code === 'EPERM';
  }
}
