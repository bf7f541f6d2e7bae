import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { handler as list } from '../../cli/commands/list';
import { stopLocalSession } from '../../cli/local-session';
import { findSession } from '../../cli/locate';
import { startOf } from '../../machine/process-identity';
import { isSupervised, Session } from '../../machine/session';

let state: string;
let printed: string;
const before = process.env.XDG_STATE_HOME;
beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), 'benchmark-damaged-'));
  process.env.XDG_STATE_HOME = state;
  printed = '';
  jest.spyOn(process.stdout, 'write').mockImplementation((text) => ((printed += String(text)), true));
  jest.spyOn(process.stderr, 'write').mockReturnValue(true);
});
afterEach(() => {
  jest.restoreAllMocks();
  if (before === undefined) delete process.env.XDG_STATE_HOME;
  else process.env.XDG_STATE_HOME = before;
  rmSync(state, { recursive: true });
});

const run = {
  id: 'bad',
  workflowId: 'bad',
  started: true,
  startedAt: '2026-01-02T03:04:05Z',
  summary: 's',
  environment: {},
};
const processes = {
  supervisorPid: 1,
  supervisorStart: 'x',
  pids: { 'control-server': 1 },
  controlAddress: '127.0.0.1:1',
};
const outcome = { result: { outcome: 'PASSED' } };

/** A state file: as it should be, with one field replaced, cut short, or anything else. */
function damaged(good: object): fc.Arbitrary<string | undefined> {
  const text = JSON.stringify(good);
  const field = fc.record({ name: fc.constantFrom(...Object.keys(good)), value: fc.jsonValue() });
  return fc.oneof(
    { weight: 8, arbitrary: fc.constant(text) },
    { weight: 8, arbitrary: field.map(({ name, value }) => JSON.stringify({ ...good, [name]: value })) },
    fc.constant(undefined),
    fc.nat(text.length).map((end) => text.slice(0, end)),
    fc.json(),
    fc.string(),
  );
}

test('whatever a state file contains, the other runs are listed and found, and the damaged one can be removed', async () => {
  Session.create('good').updateRun({ ...run, id: 'good', workflowId: 'good', summary: 'fine' });
  const files = fc.record({ run: damaged(run), processes: damaged(processes), outcome: damaged(outcome) });
  await fc.assert(
    fc.asyncProperty(files, async (content) => {
      const session = Session.create('bad');
      for (const [name, text] of Object.entries(content))
        if (text !== undefined) writeFileSync(session.file(`${name}.json`), text);
      printed = '';
      expect(await list({ output: 'json', _: [], $0: '' })).toBe(0);
      const rows = JSON.parse(printed) as { workflowId: string }[];
      expect(rows.filter(({ workflowId }) => workflowId === 'good').length).toBeGreaterThan(0);
      expect(findSession('good').run.id).toBe('good');
      const readable = Session.all().find(({ dir }) => dir === session.dir);
      if (readable) await stopLocalSession(readable);
      else session.remove();
      expect(existsSync(session.dir)).toBe(false);
    }),
    { numRuns: 300 },
  );
});

test('a supervisor whose start is not recorded is not proved to be one, because this machine reports the start of processes', () => {
  expect(startOf(process.pid)).toMatch(/\d/);
  expect(isSupervised({ supervisorPid: process.pid, pids: {} })).toBe(false);
  expect(isSupervised({ supervisorPid: process.pid, supervisorStart: startOf(process.pid), pids: {} })).toBe(true);
});
