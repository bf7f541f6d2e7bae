import fc from 'fast-check';
import { holm, mannWhitney, MAX_EXACT, smallestP } from '../../../measurement/comparing/mann-whitney';
import { normalCdf, normalQuantile } from '../../../measurement/comparing/normal';

/** The definition: the share of all assignments whose rank sum is at least as far from its mean. */
function byEnumeration(a: readonly number[], b: readonly number[]): number {
  const all = [...a, ...b];
  const rank = (value: number) =>
    all.filter((other) => other < value).length + (all.filter((other) => other === value).length + 1) / 2;
  const ranks = all.map(rank);
  const mean = (a.length * (all.length + 1)) / 2;
  const sumOf = (chosen: readonly number[]) => chosen.reduce((sum, i) => sum + ranks[i]!, 0);
  const distance = Math.abs(sumOf(a.map((_value, i) => i)) - mean);
  let [far, total] = [0, 0];
  const choose = (from: number, chosen: readonly number[]): void => {
    if (chosen.length === a.length) {
      total += 1;
      if (Math.abs(sumOf(chosen) - mean) >= distance - 1e-9) far += 1;
      return;
    }
    for (let i = from; i < all.length; i += 1) choose(i + 1, [...chosen, i]);
  };
  choose(0, []);
  return far / total;
}

const side = fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 1, maxLength: 5 });

test('the p-value is the share of all assignments that are at least as extreme, also with ties', () => {
  fc.assert(fc.property(side, side, (a, b) => expect(mannWhitney(a, b)).toBeCloseTo(byEnumeration(a, b), 12)));
});

test.each([
  // Separated samples: 2 / C(2n, n).
  [[1, 2, 3, 4, 5], [6, 7, 8, 9, 10], 2 / 252],
  [[1, 2, 3, 4], [5, 6, 7, 8], 2 / 70],
  [[1, 1, 1], [1, 1, 1], 1],
  [[], [1], 1],
])('%j and %j have the p-value %d', (a, b, p) => {
  expect(mannWhitney(a, b)).toBeCloseTo(p, 12);
  expect(mannWhitney(b, a)).toBeCloseTo(p, 12);
});

test('the smallest p-value is that of separated samples', () => {
  for (const n of [1, 3, 5, 10]) {
    const low = Array.from({ length: n }, (_, i) => i);
    expect(
      mannWhitney(
        low,
        low.map((value) => value + n),
      ),
    ).toBeCloseTo(smallestP(n), 12);
  }
});

test('beyond the exact distribution, the approximation continues it', () => {
  const at = (n: number) => {
    const a = Array.from({ length: n }, (_, i) => i);
    return mannWhitney(
      a,
      a.map((value) => value + 0.15 * n + 0.5),
    );
  };
  const [exact, approximate] = [at(MAX_EXACT / 2), at(MAX_EXACT / 2 + 1)];
  expect(Math.abs(exact - approximate)).toBeLessThan(0.003);
  expect(exact).toBeLessThan(0.05);
});

test("Holm's method never lowers a p-value, keeps their order, and multiplies the smallest by their number", () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 8 }), (pValues) => {
      const adjusted = holm(pValues);
      pValues.forEach((p, i) => {
        expect(adjusted[i]).toBeGreaterThanOrEqual(p);
        expect(adjusted[i]).toBeLessThanOrEqual(1);
        pValues.forEach((other, j) => p < other && expect(adjusted[i]).toBeLessThanOrEqual(adjusted[j]!));
      });
      const least = Math.min(...pValues);
      expect(Math.min(...adjusted)).toBeCloseTo(Math.min(1, least * pValues.length), 12);
    }),
  );
  expect(holm([0.01, 0.04, 0.03])).toEqual([0.03, 0.06, 0.06]);
});

test('the normal distribution and its quantiles agree with tables', () => {
  expect(normalCdf(1.959964)).toBeCloseTo(0.975, 6);
  expect(normalCdf(-1)).toBeCloseTo(0.1586553, 6);
  expect(normalQuantile(0.9)).toBeCloseTo(1.281552, 5);
});
