import { reportPage } from '../../cli/report-page';
import type { LiveStatus } from '../../report/html/live-strip';
import { finalContent, liveContent } from '../../report/html/page';
import { IN_PROGRESS } from '../../report/interim';
import type { BenchmarkResult } from '../../report/result-schema';
import { resultWithoutRun } from '../../report/result';
import { playedResult, textOf } from '../support/shown';

const passed = playedResult({ rate: 40, duration: '60s' }, 100);
const staircase = playedResult({ stages: [20, 40, 60, 80], hold: '30s', maxP99: '200ms' }, 70);
const never = resultWithoutRun('ERROR', 'the target 10.0.0.1:7233 does not respond', {}, 0);

const STATUS: LiveStatus = {
  runId: 'run-1',
  phase: 'load',
  load: {
    ...{ elapsedMs: 70_000, durationMs: 120_000, step: 'hold 2/2', targetRate: 40, inFlight: 3, errors: { FULL: 2 } },
    history: [{ ratePerSecond: 39.6, p50Ms: 12.3, p99Ms: 80 }],
    backlog: { workflow: 4 },
  },
  notes: ['a note'],
};

test('the live page has the figures of this moment and the charts of the load so far, and claims no outcome', () => {
  const { title, parts, isFinal } = liveContent(STATUS, {
    ...passed,
    outcome: 'FAILED',
    outcomes: ['FAILED'],
  });
  expect([title, isFinal]).toEqual(['1:10 of 2:00 run-1', false]);
  const text = textOf(parts.join(' '));
  for (const part of [
    'RUNNING hold 2/2; 1:10 of 2:00, 0:50 left',
    'starts 39.6/s target 40/s',
    'p99 latency 80 ms',
    'in flight 3 backlog workflow 4',
    'not started 2 2 × FULL',
    'Note: a note',
    'Rates over time',
    'The account is compared with the server after the load.',
  ])
    expect(text).toContain(part);
  expect(text).not.toMatch(/FAILED|What limited the run|does not agree/);
  expect(text).not.toContain('No answer from the control worker');
  expect(textOf(liveContent({ ...STATUS, silentMs: 12_300 }).parts.join())).toContain(
    'No answer from the control worker for 12 s. The page waits for it',
  );
});

test('the last content of the live page is the page of the result, in the same order of parts', () => {
  for (const result of [passed, staircase, never]) {
    const { parts, title, isFinal } = finalContent(result);
    expect(isFinal).toBe(true);
    expect(reportPage([result])).toContain(`<title>${title}</title>`);
    expect(reportPage([result])).toContain(`id="result-0">${parts.join('')}</article>`);
    expect(parts).toHaveLength(liveContent(STATUS, result).parts.length);
  }
});

const searched: BenchmarkResult = {
  ...staircase,
  staircase: undefined,
  config: { workload: 'simple', slo: ['p99=200ms'] },
  capacity: {
    sentence: 'Holds 60/s with p99 ≤ 200ms.',
    goals: [
      {
        ...{ name: 'p99=200ms', maxP99LatencyMs: 200, end: 'incomplete', holds: 60, failsAt: 80 },
        ...{ reasons: [], confirmed: false, interval: null },
      },
    ],
    trials: [],
    ...{ precision: 0.05, fromRate: 10, maxRate: 1000, labels: {}, drift: null, mixedRates: [] },
    next: { advice: 'repeat the search', command: 'benchmark capacity' },
  },
};

test('a live search shows its trials without what to try next, and the page of a search says what was searched', () => {
  const page = liveContent(STATUS, searched).parts.join('');
  expect(textOf(page)).toContain('limit holds does not hold 95 % interval p99 ≤ 200ms 60/s 80/s – ');
  expect(textOf(page)).not.toContain('Next:');
  expect(textOf(reportPage([searched]))).toContain('simple, highest rate with p99=200ms');
  expect(textOf(reportPage([searched]))).toContain('Next: repeat the search');
});

test('a hold in progress is not drawn like one that is INVALID, and has no point over its rate', () => {
  const [ramp, hold, ...later] = staircase.steps;
  const running = { ...hold!, counted: false, cutShort: IN_PROGRESS, validity: undefined };
  const page = (steps: BenchmarkResult['steps']) => liveContent(STATUS, { ...staircase, steps }).parts.join('');
  expect(page([ramp!, running])).toContain('class="band running"');
  expect(page([ramp!, running])).not.toContain('class="band unsure"');
  const points = (text: string) => (/class="dot mean" d="([^"]*)"/.exec(text)?.[1] ?? '').split('M').length - 1;
  expect(points(page([ramp!, { ...running, index: 99 }, ...later]))).toBe(points(page(staircase.steps)) - 1);
});
