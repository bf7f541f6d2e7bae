import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { RunRef } from '../orchestrator/activity-types';
import { stateDir } from './paths';
import { resultSchema } from '../report/result-schema';
import { isAlive, startOf } from './process-identity';
import type { RunOutcome } from './await-run';

/** The run of a session. Only the command that waits for the run writes it. */
export interface SessionRun {
  readonly id: string;
  readonly workflowId: string;
  /** Whether the workflow has been started. */
  readonly started: boolean;
  readonly startedAt: string;
  /** A one-line description of the run for people. */
  readonly summary: string;
  readonly lanes: number;
  /** 0 if the run starts no hosts. */
  readonly hosts: number;
  /** Whether the target is an embedded server. Its state is in memory unless there is a database file. */
  readonly embeddedTarget: boolean;
  /** The address of the machine's metrics: host:port, or `off`. */
  readonly metricsAddress: string;
  readonly targetDatabase?: string;
  readonly targetDynamicConfig?: readonly string[];
  /** Connection settings for restarting the session, without secrets. Secrets are read from the environment again. */
  readonly environment: Readonly<Record<string, string>>;
  readonly connectTimeoutMs: number;
  /** The run on a target of the user's; absent if the target is embedded, and before the run has started. */
  readonly onTarget?: RunRef;
}

/** The processes of a session on this machine. Only the session's supervisor writes it. */
export interface SessionProcesses {
  /** The process that supervises all others of the session. */
  readonly supervisorPid: number;
  /** When the supervisor started; absent if nothing on this machine reports the start of processes. */
  readonly supervisorStart?: string;
  /** The process ids of servers and roles by name. */
  readonly pids: Readonly<Record<string, number>>;
  readonly controlAddress?: string;
  readonly targetAddress?: string;
  /** The address of an embedded target's own metrics: host:port. */
  readonly targetMetrics?: string;
}

const RUN_FILE = 'run.json';
const PROCESSES_FILE = 'processes.json';
const OUTCOME_FILE = 'outcome.json';
const WATCHER = 'watcher-';
const LOCK = 'start.lock';

const text = z.string();
const pid = z.int().min(0);
/** The types of the fields that commands read. A newer field may be absent, because an older version may have written the file. */
const runFields = z.looseObject({
  id: text,
  workflowId: text,
  started: z.boolean(),
  startedAt: text,
  summary: text,
  environment: z.record(text, text),
  ...z
    .looseObject({
      lanes: z.number(),
      hosts: z.number(),
      embeddedTarget: z.boolean(),
      metricsAddress: text,
      targetDatabase: text,
      targetDynamicConfig: z.array(text),
      connectTimeoutMs: z.number(),
      onTarget: z.looseObject({ runId: text, namespace: text, ownsNamespace: z.boolean() }),
    })
    .partial().shape,
});
const processFields = z.looseObject({
  supervisorPid: pid,
  supervisorStart: text.optional(),
  pids: z.record(text, pid),
  controlAddress: text.optional(),
  targetAddress: text.optional(),
  targetMetrics: text.optional(),
});
const outcomeFields = z.looseObject({
  error: text.optional(),
  failureType: text.optional(),
  result: resultSchema.optional(),
});

function problemIn(fields: z.ZodType, file: string, content: unknown): string | undefined {
  const { error } = fields.safeParse(content);
  const [issue] = error?.issues ?? [];
  return issue && `${file} is damaged at ${issue.path.join('.') || 'its beginning'}`;
}

/**
 * The state files of one local session, by which later commands find it. Each file has one writer, so that no process
 * overwrites changes of another.
 */
export class Session {
  constructor(readonly dir: string) {}

  static create(id: string): Session {
    const session = new Session(join(sessionsDir(), id));
    mkdirSync(session.dir, { recursive: true, mode: 0o700 });
    return session;
  }

  /** Returns the sessions of this machine whose state can be read, the latest last. */
  static all(): Session[] {
    return this.stored().filter((session) => session.problem === undefined);
  }

  /** Returns the sessions of this machine whose state cannot be read, for example because the disk was full. */
  static unreadable(): Session[] {
    return this.stored().filter((session) => session.problem !== undefined);
  }

  private static stored(): Session[] {
    if (!existsSync(sessionsDir())) return [];
    return readdirSync(sessionsDir())
      .sort()
      .map((id) => new Session(join(sessionsDir(), id)))
      .filter((session) => existsSync(session.file(RUN_FILE)));
  }

  /** Why the state of the session cannot be read; undefined if it can. */
  get problem(): string | undefined {
    try {
      return (
        problemIn(runFields, RUN_FILE, this.run) ??
        problemIn(processFields, PROCESSES_FILE, this.processes) ??
        problemIn(outcomeFields, OUTCOME_FILE, this.savedOutcome() ?? {})
      );
    } catch (err) {
      return (err as Error).message;
    }
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
    const current = existsSync(this.file(RUN_FILE)) ? this.run : {};
    this.replace(RUN_FILE, { ...current, ...change });
  }

  updateProcesses(change: Partial<SessionProcesses>): void {
    this.replace(PROCESSES_FILE, { ...this.processes, ...change });
  }

  /** Saves the outcome of a run that no command waits for. */
  saveOutcome(outcome: RunOutcome): void {
    this.replace(OUTCOME_FILE, outcome);
  }

  /** Returns the saved outcome, if there is one. */
  savedOutcome(): RunOutcome | undefined {
    return existsSync(this.file(OUTCOME_FILE)) ? this.readFile<RunOutcome>(OUTCOME_FILE) : undefined;
  }

  /** Whether the files exist: another command may have ended the run and removed them. */
  get exists(): boolean {
    return existsSync(this.file(RUN_FILE));
  }

  /** Records that this process waits for the result. The last process that does stops the session. */
  watch(): void {
    this.replace(`${WATCHER}${process.pid}`, { start: startOf(process.pid) });
  }

  /** Ends what {@link watch} began. Returns whether another process still waits. */
  unwatch(): boolean {
    rmSync(this.file(`${WATCHER}${process.pid}`), { force: true });
    return this.isWatched;
  }

  /** Whether a process that runs waits for the result. */
  get isWatched(): boolean {
    if (!existsSync(this.dir)) return false;
    const watchers = readdirSync(this.dir).filter((name) => name.startsWith(WATCHER) && /\d$/.test(name));
    return watchers.some((name) => {
      const pid = Number(name.slice(WATCHER.length));
      return isAlive(pid) && this.startIn(name) === startOf(pid);
    });
  }

  /**
   * Makes this process the only one that may start a supervisor. Returns false if another process that runs has begun to.
   */
  lock(): boolean {
    const file = this.file(LOCK);
    for (let attempt = 0; attempt < 2; attempt += 1) {
      try {
        writeFileSync(file, `${process.pid} ${startOf(process.pid) ?? ''}`, { flag: 'wx', mode: 0o600 });
        return true;
      } catch (err) {
        if ((err as NodeJS.ErrnoException).code !== 'EEXIST') throw err;
      }
      if (isHeld(file)) return false;
      rmSync(file, { recursive: true, force: true });
    }
    return false;
  }

  unlock(): void {
    rmSync(this.file(LOCK), { force: true });
  }

  private startIn(watcher: string): string | undefined {
    try {
      return this.readFile<{ start?: string }>(watcher).start;
    } catch {
      // It ended meanwhile.
      return '';
    }
  }

  remove(): void {
    rmSync(this.dir, { recursive: true, force: true, maxRetries: 5 });
  }

  private readFile<T>(name: string): T {
    return JSON.parse(readFileSync(this.file(name), 'utf8')) as T;
  }

  /** Replaces a file atomically, so that no reader sees an incomplete file, also after a power failure. */
  private replace(name: string, content: unknown): void {
    const draft = this.file(`${name}.draft-${process.pid}.tmp`);
    const file = openSync(draft, 'w', 0o600);
    try {
      writeFileSync(file, JSON.stringify(content, null, 2));
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(draft, this.file(name));
  }
}

/** Whether the process that wrote a lock runs. Another process that has been given its pid does not hold the lock. */
function isHeld(file: string): boolean {
  try {
    const [, holder, start] = /^(\d+) (.*)$/s.exec(readFileSync(file, 'utf8')) ?? [];
    return isAlive(Number(holder)) && start === (startOf(Number(holder)) ?? '');
  } catch {
    // It was removed meanwhile, or it is damaged.
    return false;
  }
}

function sessionsDir(): string {
  return join(stateDir(), 'sessions');
}

/** Returns whether the supervisor of a session runs. Another process that has been given its pid is not the supervisor. */
export function isSupervised({ supervisorPid, supervisorStart }: SessionProcesses): boolean {
  // Without a recorded start, nothing proves it, unless nothing on this machine reports the start of a process.
  if (supervisorStart === undefined && startOf(process.pid) !== undefined) return false;
  return isAlive(supervisorPid) && startOf(supervisorPid) === supervisorStart;
}
