import fc from 'fast-check';
import { describeProgress } from '../../cli/commands/show';
import { columns, frame, oneLine, type LiveState } from '../../cli/live-frame';
import { LiveView } from '../../cli/live-view';
import { RunWatch } from '../../cli/run-watch';
import type { LaneCheckpoint } from '../../orchestrator/activity-types';
import type { Progress } from '../../orchestrator/messages';
import { clientOf, heartbeat, progressOf } from '../support/live-run';

function state(change: Partial<NonNullable<LiveState['load']>> = {}): LiveState {
  return {
    runId: 'run-1a2b3c4d',
    phase: 'load',
    notes: ['a step was picked up late'],
    load: {
      elapsedMs: 48_000,
      durationMs: 155_000,
      step: 'hold 3/6',
      targetRate: 40,
      inFlight: 3,
      backlog: { workflow: 2, activity: 0 },
      errors: { 'RESOURCE_EXHAUSTED/RPS_LIMIT/namespace': 10, 'in-flight cap': 2 },
      history: [
        { ratePerSecond: 10 },
        { ratePerSecond: 20, p50Ms: 5, p99Ms: 40 },
        { ratePerSecond: 39.6, p50Ms: 12.34, p99Ms: 80 },
      ],
      ...change,
    },
  };
}

/** A control sequence, such as a color or a movement of the cursor. */
const SEQUENCE = '\x1b\\[(?<count>[\\d;]*)(?<command>[A-Za-z])';

/** A terminal that understands what the view writes. */
class Terminal {
  isTTY = true;
  lines = [''];
  private row = 0;
  constructor(
    public columns: number,
    public rows: number,
  ) {}

  write(text: string): boolean {
    for (const { 0: part, groups } of text.matchAll(new RegExp(`${SEQUENCE}|\\n|\\r|[^\x1b\\n\\r]+`, 'g'))) {
      const { count, command } = groups!;
      if (command === 'A') this.row -= Number(count);
      else if (command === 'J') this.lines = count === '2' ? [''] : [...this.lines.slice(0, this.row), ''];
      else if (command === 'H') this.row = 0;
      else if (part === '\n') this.lines[(this.row += 1)] = '';
      else if (part !== '\r' && command !== 'm') this.lines[this.row] += part;
    }
    return true;
  }
}

const plain = (lines: readonly string[]) => lines.map((line) => line.replace(new RegExp(SEQUENCE, 'g'), ''));

test('the frame has the step, the time left, rate and latency, what is in flight, the backlog and the errors by cause', () => {
  const text = frame(state(), { columns: 100, rows: 24, color: false }).join('\n');
  for (const part of [
    'run-1a2b3c4d · hold 3/6',
    '0:48 of 2:35, 1:47 left',
    '40 of 40',
    '80 ms',
    'p50        12.3 ms',
    'in flight  3, backlog workflow 2, activity 0',
    'errors     12: 10 × RESOURCE_EXHAUSTED/RPS_LIMIT/namespace, 2 × in-flight cap',
    'note       a step was picked up late',
  ])
    expect(text).toContain(part);
});

test('the frame fits the screen, uses more rows of a higher one, and is one line on a small one', () => {
  const size = fc.record({ columns: fc.integer({ min: 20, max: 250 }), rows: fc.integer({ min: 3, max: 80 }) });
  fc.assert(
    fc.property(size, fc.array(fc.double({ min: 0, max: 1e5, noNaN: true }), { maxLength: 400 }), (screen, rates) => {
      const history = rates.map((ratePerSecond) => ({ ratePerSecond, p50Ms: 1, p99Ms: ratePerSecond }));
      const lines = plain(frame(state({ history }), { ...screen, color: true }));
      expect(lines.length).toBeLessThanOrEqual(Math.max(1, screen.rows));
      for (const line of lines) expect(line.length).toBeLessThan(screen.columns);
    }),
  );
  const rowsOf = (columnCount: number, rows: number) =>
    frame(state(), { columns: columnCount, rows, color: false }).length;
  expect(rowsOf(100, 40)).toBeGreaterThan(rowsOf(100, 20));
  expect([rowsOf(59, 40), rowsOf(100, 13)]).toEqual([1, 1]);
});

test('columns are scaled to the largest value, the latest is at the right, and a small value is visible', () => {
  expect(columns([0, 1, undefined, 4, 8], 10, 1)).toEqual([' ▁ ▄█']);
  expect(columns([0.001, 8], 10, 2)).toEqual([' █', '▁█']);
  expect(columns([8, 1, 2], 2, 1)).toEqual(['▄█']);
});

test('colors are off with NO_COLOR and in a dumb terminal', () => {
  const drawn = (env: Record<string, string>) => {
    const written: string[] = [];
    const out = { isTTY: true, columns: 100, rows: 30, write: (text: string) => written.push(text) > 0 };
    new LiveView(out, env).show(state(), 0);
    return written.join('');
  };
  expect(drawn({})).toContain('\x1b[31m');
  expect(drawn({ NO_COLOR: '1' })).not.toContain('\x1b[3');
  expect(drawn({ TERM: 'dumb' })).not.toContain('\x1b[3');
});

test('each frame replaces the one before, also after a change of the width, and nothing is left at the end', () => {
  const terminal = new Terminal(100, 30);
  const screen = new LiveView(terminal as never, { NO_COLOR: '1' });
  const shown = () => terminal.lines.join('\n');
  const expected = () => frame(state(), { columns: terminal.columns, rows: terminal.rows, color: false }).join('\n');
  screen.show({ runId: '', phase: 'starting', notes: [] }, 0);
  expect(shown()).toBe('starting');
  screen.show(state(), 0);
  screen.show(state(), 1000);
  expect(shown()).toBe(expected());
  terminal.columns = 70;
  screen.show(state(), 2000);
  expect(shown()).toBe(expected());
  screen.stop();
  screen.show(state(), 3000);
  expect(shown()).toBe('');
});

test('a run that does not answer is shown as waiting, in a frame and in a line', () => {
  const silent = { ...state(), silentMs: 12_300 };
  const waits = 'no answer from the control worker for 12 s; waiting for it';
  expect(frame(silent, { columns: 100, rows: 24, color: false }).join('\n')).toContain(`note       ${waits}`);
  expect(oneLine(silent)).toContain(waits);
  expect(oneLine({ runId: '', phase: 'health', notes: [], silentMs: 9000 })).toContain('health; no answer');
});

test('without a terminal, there is a line for each phase and one every five seconds', () => {
  const written: string[] = [];
  const screen = new LiveView({ isTTY: false, write: (text: string) => written.push(text) > 0 } as never, {});
  screen.show({ runId: '', phase: 'starting', notes: [] }, 0);
  for (let second = 0; second <= 11; second += 1) screen.show(state(), 1000 * second);
  expect(written).toHaveLength(4);
  expect(written[1]).toMatch(
    /^\[█+·+\] hold 3\/6 {2}40 of 40\/s {2}p50 12 p99 80 ms {2}in flight 3 {2}errors 12 {2}107 s left\n$/,
  );
});

const progress = progressOf();

/** Returns the first line that the view writes beside a run with these steps in progress. */
async function firstLine(answer: Progress, steps: readonly LaneCheckpoint[]): Promise<string> {
  const byId = Object.fromEntries(steps.map((step, i) => [String(i), [step]]));
  const client = clientOf(
    () => Promise.resolve(answer),
    () => byId,
  );
  const watch = new RunWatch(client, 'run');
  return await new Promise((resolve) => {
    const out = { isTTY: false, columns: 100, rows: 30, write: (line: string) => (resolve(line), watch.stop(), true) };
    const view = new LiveView(out as never, {});
    watch.subscribe((update) => view.show(update.state));
    void watch.run();
  });
}

test('a step that has just begun shows the latency of the step before it, not that there are no completions', async () => {
  expect(await firstLine(progress, [heartbeat(2), heartbeat(0)])).toContain('p50 20 p99 20 ms');
  expect(await firstLine({ ...progress, latency: { p50Ms: 7, p99Ms: 9 } }, [heartbeat(0)])).toContain('p50 7 p99 9 ms');
  expect(await firstLine(progress, [heartbeat(0)])).toContain('no completions yet');
});

test('show prints no latency before the first snapshot with a completion', () => {
  expect(describeProgress(progress)).toContain('no completions reported yet, 25 s of load left');
  expect(describeProgress(progress)).not.toContain('p50');
  expect(describeProgress({ ...progress, latency: { p50Ms: 7, p99Ms: 9 } })).toContain('p50 7.0 ms, p99 9.0 ms');
});
