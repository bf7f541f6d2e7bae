import fc from 'fast-check';
import { abbaOrder, type SideName } from '../../../measurement/comparing/abba';

const positions = (order: readonly SideName[], side: SideName) => order.flatMap((one, i) => (one === side ? [i] : []));
const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);

test('both sides run equally often, alternate by pairs, and have the same mean position up to half a run', () => {
  expect(abbaOrder(3)).toEqual(['base', 'new', 'new', 'base', 'base', 'new']);
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 25 }), (n) => {
      const order = abbaOrder(n);
      const [base, changed] = [positions(order, 'base'), positions(order, 'new')];
      expect([base.length, changed.length]).toEqual([n, n]);
      expect(Math.abs(sum(base) - sum(changed))).toBe(n % 2);
      for (let pair = 0; pair < n; pair += 1) expect(order[2 * pair]).not.toBe(order[2 * pair + 1]);
    }),
  );
});
