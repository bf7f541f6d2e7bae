import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stopLocalSession } from '../../cli/local-session';
import { commandOf, isAlive, startOf } from '../../machine/process-identity';
import { isSupervised, Session } from '../../machine/session';
import { eventually } from '../support/cli';

/** What every run has in its file. */
const about = { startedAt: '', summary: '', started: false, lanes: 1, environment: {} };

let state: string;
const before = process.env.XDG_STATE_HOME;
beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), 'benchmark-session-'));
  process.env.XDG_STATE_HOME = state;
});
afterEach(() => {
  if (before === undefined) delete process.env.XDG_STATE_HOME;
  else process.env.XDG_STATE_HOME = before;
  rmSync(state, { recursive: true });
});

test('a later command finds a session by its files; a session without a run is none', () => {
  Session.create('b').updateRun({ ...about, id: 'b', workflowId: 'second' });
  Session.create('a').updateRun({ ...about, id: 'a', workflowId: 'first' });
  Session.create('c');
  expect(Session.all().map(({ run }) => run.workflowId)).toEqual(['first', 'second']);
  Session.all()[0]!.remove();
  expect(Session.all().map(({ run }) => run.id)).toEqual(['b']);
});

test('without a session of this machine there are none', () => {
  expect(Session.all()).toEqual([]);
});

test('a change keeps what was noted before, and leaves the other file alone', () => {
  const session = Session.create('a');
  expect(session.processes).toEqual({ supervisorPid: 0, pids: {} });
  session.updateRun({ id: 'a', workflowId: 'w', lanes: 2 });
  session.updateRun({ started: true });
  session.updateProcesses({ supervisorPid: 7, pids: { control: 8 } });
  session.updateProcesses({ controlAddress: '127.0.0.1:1' });
  expect(session.run).toEqual({ id: 'a', workflowId: 'w', lanes: 2, started: true });
  expect(session.processes).toEqual({ supervisorPid: 7, pids: { control: 8 }, controlAddress: '127.0.0.1:1' });
});

test('the files are readable by this user only, and no draft is left behind', () => {
  const session = Session.create('a');
  session.updateRun({ id: 'a' });
  session.updateProcesses({ supervisorPid: 1 });
  session.saveOutcome({ error: 'x' });
  expect(readdirSync(session.dir).sort()).toEqual(['outcome.json', 'processes.json', 'run.json']);
  expect(statSync(session.dir).mode & 0o777).toBe(0o700);
  for (const file of readdirSync(session.dir)) expect(statSync(join(session.dir, file)).mode & 0o777).toBe(0o600);
});

test('an outcome that was kept is found, and none before', () => {
  const session = Session.create('a');
  expect(session.savedOutcome()).toBeUndefined();
  session.saveOutcome({ error: 'too bad', failureType: 'BadSpec' });
  expect(session.savedOutcome()).toEqual({ error: 'too bad', failureType: 'BadSpec' });
});

test('a process is alive until it has ended, even while its parent has not reaped it', async () => {
  expect([isAlive(process.pid), isAlive(0), isAlive(-1)]).toEqual([true, false, false]);
  const child = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1000)'], { stdio: 'ignore' });
  expect(isAlive(child.pid!)).toBe(true);
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(isAlive(child.pid!)).toBe(false);
  // A shell that becomes another program never reaps its child.
  const parent = spawn('sh', ['-c', 'sleep 0 & echo $!; exec sleep 30'], { stdio: ['ignore', 'pipe', 'ignore'] });
  const [line] = (await once(parent.stdout!, 'data')) as [Buffer];
  const zombie = Number(line.toString());
  await eventually('the end of the child', () => !isAlive(zombie));
  expect(() => process.kill(zombie, 0)).not.toThrow();
  parent.kill('SIGKILL');
  await once(parent, 'exit');
});

test.each(['', '{', 'null', '{}', '[]', '{"id":1,"workflowId":2}'])(
  'a run whose state is %j is named, and the others are found',
  (content) => {
    Session.create('good').updateRun({ ...about, id: 'good', workflowId: 'good' });
    const bad = Session.create('bad');
    writeFileSync(bad.file('run.json'), content);
    expect(Session.all().map(({ run }) => run.id)).toEqual(['good']);
    expect(Session.unreadable().map(({ dir }) => dir)).toEqual([bad.dir]);
    expect(bad.problem).toMatch(/\w+/);
  },
);

test.each(['processes.json', 'outcome.json'])('a session with a damaged %s is unreadable', (name) => {
  const session = Session.create('a');
  session.updateRun({ ...about, id: 'a', workflowId: 'w' });
  expect(session.problem).toBeUndefined();
  writeFileSync(session.file(name), '{"pids":');
  expect(Session.unreadable()).toHaveLength(1);
});

test('the processes that wait for a run are those that run and have said so', async () => {
  const session = Session.create('a');
  session.updateRun({ ...about, id: 'a', workflowId: 'w' });
  expect(session.isWatched).toBe(false);
  const other = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1000)'], { stdio: 'ignore' });
  writeFileSync(session.file(`watcher-${other.pid}`), JSON.stringify({ start: startOf(other.pid!) }));
  session.watch();
  expect(session.unwatch()).toBe(true);
  // A process that was given the pid of one that waited does not wait.
  writeFileSync(session.file(`watcher-${other.pid}`), JSON.stringify({ start: 'before the reboot' }));
  expect(session.isWatched).toBe(false);
  writeFileSync(session.file(`watcher-${other.pid}`), '{');
  expect(session.isWatched).toBe(false);
  session.watch();
  expect(session.isWatched).toBe(true);
  expect(session.unwatch()).toBe(false);
  session.remove();
  expect([session.exists, session.isWatched, session.unwatch()]).toEqual([false, false, false]);
  other.kill('SIGKILL');
  await once(other, 'exit');
});

test('one process at a time starts the supervisor of a session; the lock of an ended process does not count', () => {
  const session = Session.create('a');
  expect(session.lock()).toBe(true);
  expect(session.lock()).toBe(false);
  session.unlock();
  writeFileSync(session.file('start.lock'), `${process.ppid} ${startOf(process.ppid)}`);
  expect(session.lock()).toBe(false);
  for (const left of [`${2 ** 30} x`, `${process.ppid} before the reboot`, String(process.ppid), '', 'x']) {
    writeFileSync(session.file('start.lock'), left);
    expect(session.lock()).toBe(true);
  }
});

test('the start of a process is known without `ps` on the PATH', () => {
  const path = process.env.PATH;
  process.env.PATH = '/nowhere';
  try {
    expect(startOf(process.pid)).toMatch(/\d/);
    expect(commandOf(process.pid)).toMatch(/node/);
    expect(commandOf(2 ** 30)).toBeUndefined();
  } finally {
    process.env.PATH = path;
  }
});

test('a process that was given the pid of a supervisor is not the supervisor', () => {
  const supervisorStart = startOf(process.pid);
  expect(supervisorStart).toMatch(/\d/);
  expect(isSupervised({ supervisorPid: process.pid, supervisorStart, pids: {} })).toBe(true);
  expect(isSupervised({ supervisorPid: process.pid, supervisorStart: `${supervisorStart}0`, pids: {} })).toBe(false);
  expect(isSupervised({ supervisorPid: 0, pids: {} })).toBe(false);
  expect(startOf(2 ** 30)).toBeUndefined();
  expect(startOf(1)).not.toBe(supervisorStart);
});

test('stopping a session leaves a stranger with the pid of its supervisor alone', async () => {
  const stranger = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1000)'], { stdio: 'ignore' });
  const session = Session.create('a');
  session.updateRun({ ...about, id: 'a', workflowId: 'w' });
  session.updateProcesses({ supervisorPid: stranger.pid!, supervisorStart: 'before the reboot' });
  await stopLocalSession(session);
  expect(isAlive(stranger.pid!)).toBe(true);
  expect(Session.all()).toEqual([]);
  stranger.kill('SIGKILL');
  await once(stranger, 'exit');
});
