import { capacitySentence } from '../../report/capacity-sentence';
import type { GoalResult } from '../../report/capacity-schema';

const goal: GoalResult = {
  name: 'p99=5s',
  maxP99LatencyMs: 5000,
  end: 'found',
  holds: 80,
  failsAt: 84,
  confirmed: true,
  interval: { low: 76, high: 84 },
  reasons: ['the backlog grows by 2.0/s'],
};

test('the interval of the model shows how exact a decided search is', () => {
  expect(capacitySentence([goal], [])).toBe('Holds 80/s (±5 %) with p99 ≤ 5s; at 84/s the backlog grows by 2.0/s.');
  expect(capacitySentence([{ ...goal, interval: null }], [])).toMatch(/^Holds 80\/s with/);
});

test('a search that was not decided has no interval in its sentence, because its bracket is still wide', () => {
  const undecided = { ...goal, end: 'out-of-time', holds: 56.6, confirmed: false } as const;
  expect(capacitySentence([undecided], [])).toBe(
    'Holds about 56.6/s with p99 ≤ 5s (not confirmed); at 84/s the backlog grows by 2.0/s. The search ended before it was decided.',
  );
});
