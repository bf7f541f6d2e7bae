import { fork, type ChildProcess } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { PassThrough } from 'node:stream';
import type { Logger } from 'winston';
import { Supervisor } from '../../machine/supervisor';

jest.mock('node:child_process', () => ({ ...jest.requireActual<object>('node:child_process'), fork: jest.fn() }));
beforeEach(() => jest.useFakeTimers());
afterEach(() => {
  jest.useRealTimers();
  jest.restoreAllMocks();
});

/** A role's process, which a test lets get ready and die. */
class FakeChild extends EventEmitter {
  readonly stderr = new PassThrough();
  readonly signals: string[] = [];
  exitCode: number | null = null;
  signalCode: string | null = null;
  obeys = true;

  constructor(
    readonly role: string,
    readonly pid: number,
  ) {
    super();
  }

  ready(metricsPort = 1): void {
    this.emit('message', { ready: this.role, metricsPort });
  }

  die(code: number | null = 1): void {
    this.exitCode = code;
    this.emit('exit', code, null);
  }

  kill(signal: string): void {
    this.signals.push(signal);
    if (this.obeys || signal === 'SIGKILL') this.die(0);
  }
}

function supervising(count = 1) {
  const children: FakeChild[] = [];
  jest.mocked(fork).mockImplementation((script) => {
    const role = /(\w+)\.js$/.exec(String(script))![1]!;
    const child = new FakeChild(role, 100 + children.length);
    children.push(child);
    return child as unknown as ChildProcess;
  });
  jest.spyOn(process.stderr, 'write').mockReturnValue(true);
  const warnings: { name: string; backoffMs: number }[] = [];
  const log = { warn: (_: string, fields: never) => warnings.push(fields), error: jest.fn() };
  const pids: Record<string, number>[] = [];
  const plan = [
    { role: 'control', count: 1 },
    { role: 'generator', count },
    { role: 'host', count: 1 },
  ] as const;
  const supervisor = new Supervisor(plan, {}, log as unknown as Logger, (all) => pids.push({ ...all }));
  return { supervisor, children, warnings, log, pids };
}

async function started(count = 1) {
  const all = supervising(count);
  const starting = all.supervisor.start();
  for (const child of all.children) child.ready();
  await starting;
  return all;
}

test('start resolves when every role is ready, and pids contains each process', async () => {
  const { supervisor, children, pids } = supervising(2);
  let isUp = false;
  const starting = supervisor.start().then(() => (isUp = true));
  children.slice(1).forEach((child) => child.ready());
  await jest.advanceTimersByTimeAsync(1000);
  expect(isUp).toBe(false);
  children[0]!.ready();
  await starting;
  expect(supervisor.pids).toEqual({ control: 100, 'generator-0': 101, 'generator-1': 102, host: 103 });
  expect(pids.at(-1)).toEqual(supervisor.pids);
});

test('start rejects with the last line that a role wrote before it exited', async () => {
  const { supervisor, children } = supervising();
  const starting = supervisor.start();
  const failed = expect(starting).rejects.toThrow('host could not start: the disk is full');
  children[2]!.stderr.write('loading\nthe disk is full\n');
  await jest.advanceTimersByTimeAsync(10);
  children[2]!.die();
  await failed;
  await supervisor.stop(true);
});

test('a role that dies is restarted with a growing backoff, which an uptime of 30 s resets', async () => {
  const { supervisor, children, warnings } = await started();
  const dieAfter = async (uptimeMs: number) => {
    const { length } = children;
    await jest.advanceTimersByTimeAsync(uptimeMs);
    children.at(-1)!.die();
    await jest.advanceTimersByTimeAsync(0);
    const { backoffMs } = warnings.at(-1)!;
    await jest.advanceTimersByTimeAsync(backoffMs - 1);
    expect(children).toHaveLength(length);
    await jest.advanceTimersByTimeAsync(1);
    expect(children).toHaveLength(length + 1);
    children.at(-1)!.ready();
  };
  for (let i = 0; i < 5; i += 1) await dieAfter(100);
  await dieAfter(30_001);
  await dieAfter(100);
  expect(warnings.map(({ backoffMs }) => backoffMs)).toEqual([250, 1000, 3000, 10_000, 10_000, 250, 1000]);
  expect(new Set(warnings.map(({ name }) => name))).toEqual(new Set(['host']));
  await supervisor.stop();
});

test('roles stop in order: generators, then hosts, then control', async () => {
  const { supervisor, children } = await started(2);
  const order: string[] = [];
  for (const child of children) child.on('exit', () => order.push(child.role));
  await supervisor.stop();
  expect(order).toEqual(['generator', 'generator', 'host', 'control']);
});

test('after a run, all roles end at once, except that a host ends its own processes first', async () => {
  const { supervisor, children } = await started();
  for (const child of children) child.obeys = false;
  const stopping = supervisor.stop(true);
  const signals = () => Object.fromEntries(children.map((child) => [child.role, child.signals]));
  expect(signals()).toEqual({ control: ['SIGKILL'], generator: ['SIGKILL'], host: ['SIGTERM'] });
  await jest.advanceTimersByTimeAsync(20_000);
  await stopping;
  expect(signals().host).toEqual(['SIGTERM', 'SIGKILL']);
});

test('a role that dies while the supervisor stops, or waits for its restart, is not restarted and leaves no timer', async () => {
  const { supervisor, children } = await started();
  children[2]!.die();
  await jest.advanceTimersByTimeAsync(100);
  await supervisor.stop();
  expect(jest.getTimerCount()).toBe(0);
  await jest.advanceTimersByTimeAsync(60_000);
  expect(children).toHaveLength(3);
});

test('healthProblems reports roles that do not run or do not answer', async () => {
  const { supervisor, children } = await started();
  children[2]!.die();
  await jest.advanceTimersByTimeAsync(0);
  jest.useRealTimers();
  // No process serves metrics on the ports that the other two roles reported.
  expect(await supervisor.healthProblems()).toEqual([
    'control does not answer',
    'generator does not answer',
    'host does not answer',
  ]);
  await supervisor.stop();
});
