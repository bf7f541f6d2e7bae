import { EventEmitter } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import * as cleanup from '../../cli/commands/cleanup';
import * as list from '../../cli/commands/list';
import * as watch from '../../cli/commands/watch';
import { CliError } from '../../cli/errors';
import { Session } from '../../machine/session';
import { expectClear, fuzzRuns } from '../support/fuzz';

jest.setTimeout(600_000);
// Nothing is started: only what the commands do with the state they find is tested.
jest.mock('node:child_process', () => ({
  ...jest.requireActual<object>('node:child_process'),
  fork: () => {
    const child = new EventEmitter();
    setImmediate(() => child.emit('exit', 1));
    return child;
  },
}));

let state: string;
const before = process.env.XDG_STATE_HOME;
let killed: jest.SpyInstance;
let output: string[];
beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), 'benchmark-fuzz-'));
  process.env.XDG_STATE_HOME = state;
  output = [];
  // No corrupted process ID may ever reach a process.
  killed = jest.spyOn(process, 'kill').mockImplementation(() => {
    throw Object.assign(new Error('kill ESRCH'), { code: 'ESRCH' });
  });
  for (const stream of [process.stdout, process.stderr])
    jest.spyOn(stream, 'write').mockImplementation((text) => output.push(String(text)) > 0);
});
afterEach(() => {
  jest.restoreAllMocks();
  if (before === undefined) delete process.env.XDG_STATE_HOME;
  else process.env.XDG_STATE_HOME = before;
  rmSync(state, { recursive: true, force: true });
});

const FILES = ['run.json', 'processes.json', 'outcome.json', 'start.lock', 'watcher-1'];

/** Writes a run as the tool does, one that has stopped. */
function createSession(id: string): void {
  const session = Session.create(id);
  session.updateRun({
    id,
    workflowId: `workflow-${id}`,
    started: true,
    startedAt: '2026-01-02T03:04:05.678Z',
    summary: 'simple at 10/s',
    lanes: 1,
    hosts: 0,
    embeddedTarget: true,
    metricsAddress: 'off',
    environment: {},
    connectTimeoutMs: 1000,
  });
  session.updateProcesses({
    supervisorPid: 99_999_999,
    pids: { 'control-server': 99_999_998, generator: 99_999_997 },
    controlAddress: '127.0.0.1:1',
    targetAddress: '127.0.0.1:1',
  });
}

const anyJson = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom<unknown>(-1, 0, 1, 2 ** 53, '', 'x', [], {}, null),
);
/** What happens to a file: it is cut, overwritten, replaced, or one of its values has another type. */
const corruption = fc.oneof(
  fc.record({ kind: fc.constant('cut' as const), at: fc.double({ min: 0, max: 1, noNaN: true }) }),
  fc.record({ kind: fc.constant('bytes' as const), bytes: fc.uint8Array({ maxLength: 200 }) }),
  fc.record({ kind: fc.constant('json' as const), json: anyJson }),
  fc.record({ kind: fc.constant('value' as const), at: fc.nat(40), json: anyJson }),
  fc.record({ kind: fc.constant('removed' as const), at: fc.nat(40) }),
  fc.record({ kind: fc.constant('folder' as const) }),
  fc.record({ kind: fc.constant('deleted' as const) }),
);
type Corruption = typeof corruption extends fc.Arbitrary<infer T> ? T : never;

function corrupt(file: string, how: Corruption): void {
  let text = '{}';
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    // The run has no such file yet.
  }
  rmSync(file, { recursive: true, force: true });
  if (how.kind === 'deleted') return;
  if (how.kind === 'folder') return void mkdirSync(file);
  if (how.kind === 'cut') return writeFileSync(file, text.slice(0, Math.floor(how.at * text.length)));
  if (how.kind === 'bytes') return writeFileSync(file, how.bytes);
  if (how.kind === 'json') return writeFileSync(file, JSON.stringify(how.json));
  const fields = parsed(text);
  const keys = Object.keys(fields);
  const key = keys[how.at % Math.max(1, keys.length)] ?? 'pids';
  if (how.kind === 'removed') delete fields[key];
  else fields[key] = how.json;
  writeFileSync(file, JSON.stringify(fields));
}

function parsed(text: string): Record<string, unknown> {
  try {
    const value = JSON.parse(text) as unknown;
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

/** Runs a command and returns what it printed, or the message with which it ended. */
async function run(command: () => Promise<number>): Promise<string> {
  output = [];
  try {
    await command();
  } catch (err) {
    expect(err).toBeInstanceOf(CliError);
    output.push((err as Error).message);
  }
  const text = output.join('');
  expectClear(text);
  return text;
}

test('whatever happens to the files of a run, list, watch and cleanup give one clear message, and other runs stay usable', async () => {
  const one = fc.tuple(fc.constantFrom(...FILES), corruption);
  await fc.assert(
    fc.asyncProperty(fc.array(one, { minLength: 1, maxLength: 3 }), async (corruptions) => {
      killed.mockClear();
      createSession('broken');
      createSession('whole');
      for (const [file, how] of corruptions)
        corrupt(join(state, 'temporal-benchmark', 'sessions', 'broken', file), how);
      const args = { connectTimeout: '1s' };
      expect(await run(() => list.handler({ ...args, output: 'text' } as never))).toMatch(/workflow-whole .*stopped/);
      await run(() => list.handler({ ...args, output: 'json' } as never));
      await run(() =>
        watch.handler({ ...args, run: 'workflow-broken', output: 'json', out: join(state, 'out') } as never),
      );
      await run(() => cleanup.handler({ ...args, name: 'workflow-broken' } as never));
      expect(await run(() => list.handler({ ...args, output: 'text' } as never))).toMatch(/workflow-whole .*stopped/);
      await run(() => cleanup.handler({ ...args, name: 'workflow-whole' } as never));
      rmSync(join(state, 'temporal-benchmark'), { recursive: true, force: true });
      for (const [pid, signal] of killed.mock.calls) {
        expect(pid).toBeGreaterThan(0);
        expect(signal).toBe(0);
      }
    }),
    { numRuns: fuzzRuns(30, 1000) },
  );
});
