import { counted, percent, readable } from '../../measurement/format/numbers';
import type { ComparedMetric, ComparedSide, Comparison } from './compare-results';

/** Returns a comparison as text: the answer, the differences of the sides, and a line per metric. */
export function renderComparison(comparison: Comparison): string {
  const { differences, metrics, base } = comparison;
  const deciding = metrics.filter(({ decides }) => decides);
  const others = metrics.filter(({ decides }) => !decides);
  const width = Math.max(27, ...metrics.map(({ name }) => name.length));
  return [
    '',
    ...answer(comparison),
    '',
    side('base', base),
    side('new', comparison.new),
    ...noise(comparison),
    ...(differences.length === 0
      ? []
      : [
          '',
          'Differences of the two sides',
          ...differences.map(({ what, base: a, changed: b }) => `  ${what}: ${a} → ${b}`),
        ]),
    '',
    `${' '.repeat(width)}         base         new      change   95 % interval       verdict`,
    ...deciding.map((metric) => row(metric, width)),
    ...(others.length === 0
      ? []
      : ['', 'Other figures (they do not decide)', ...others.map((metric) => row(metric, width))]),
    '',
  ].join('\n');
}

function answer({ outcome, metrics }: Comparison): string[] {
  const deciding = metrics.filter(({ decides }) => decides);
  const changed = deciding.filter(({ verdict }) => verdict.kind === 'worse' || verdict.kind === 'better');
  const lines = changed.map((metric) => `  ${metric.name}: ${change(metric)} (95 % interval ${interval(metric)})`);
  switch (outcome) {
    case 'REGRESSION':
      return ['REGRESSION', ...lines];
    case 'IMPROVEMENT':
      return ['IMPROVEMENT', ...lines];
    case 'NO_DIFFERENCE':
      return ['NO DIFFERENCE', '  Each metric changed by no more than its verdict states.'];
    case 'TOO_FEW_ITERATIONS':
      return [
        'TOO FEW ITERATIONS',
        `  There may be a difference. To find out, use ${Math.max(...deciding.map(neededBy))} ${deciding[0]?.per ?? 'iteration'}s on each side.`,
      ];
  }
}

/** Returns which changes are within the noise that a calibration has measured, and where the calibration is from. */
function noise({ noiseFloor, metrics }: Comparison): string[] {
  if (noiseFloor === null) return [];
  const floors = metrics.flatMap((metric) => {
    const floor = noiseFloor.floors[metric.name];
    if (!metric.decides || floor === undefined) return [];
    return [`${metric.name} ${metric.unit === 'share' ? `${(floor * 100).toFixed(2)} pp` : percent(floor)}`];
  });
  return [
    '',
    `Smaller changes are noise: ${floors.join(', ')}`,
    ...noiseFloor.from.map((from) => `  measured by ${from}`),
  ];
}

function neededBy({ verdict }: ComparedMetric): number {
  return verdict.kind === 'too few iterations' ? verdict.needed : 0;
}

function side(name: string, { runs, samples, leftOut }: ComparedSide): string {
  const left = leftOut.length === 0 ? '' : `; left out: ${leftOut.join('; ')}`;
  return `  ${name.padEnd(5)} ${counted(samples, 'sample')} from ${runs.join(', ')}${left}`;
}

const SIGNS = { worse: '✗', better: '✓', 'no difference': '=', 'too few iterations': '?' } as const;

function row(metric: ComparedMetric, width: number): string {
  const { name, base, changed, verdict } = metric;
  const cells = [value(metric, base).padStart(11), value(metric, changed).padStart(11), change(metric).padStart(11)];
  return `${SIGNS[verdict.kind]} ${name.padEnd(width)} ${cells.join(' ')}   ${interval(metric).padEnd(19)} ${verdictText(metric)}`;
}

function verdictText({ verdict, name, per, unit, scale, effect }: ComparedMetric): string {
  switch (verdict.kind) {
    case 'worse':
    case 'better':
      if (/latency/.test(name)) return verdict.kind === 'worse' ? 'slower' : 'faster';
      return effect > 0 ? `higher (${verdict.kind})` : `lower (${verdict.kind})`;
    case 'no difference':
      return `no difference beyond ${scale === 'ratio' || unit === 'share' ? percent(Math.ceil(verdict.beyond * 1000 + 0.001) / 1000) : `${readable(verdict.beyond)} ${unit}`}`;
    case 'too few iterations':
      return `too few ${per}s: about ${verdict.needed} needed on each side`;
  }
}

function value({ unit }: ComparedMetric, number: number): string {
  if (unit === 'share') return percent(number, 2);
  return unit === 'ms' ? `${readable(number)} ms` : `${readable(number)}${unit}`;
}

function signed(number: number, text: string): string {
  return number > 0 ? `+${text}` : text.replace('-', '−');
}

function amount({ scale, unit }: ComparedMetric, effect: number): string {
  if (scale === 'ratio') return signed(effect, percent(effect));
  // The difference of two shares is in percentage points.
  return unit === 'share'
    ? signed(effect, `${(effect * 100).toFixed(2)} pp`)
    : signed(effect, `${readable(effect)}${unit}`);
}

function change(metric: ComparedMetric): string {
  return amount(metric, metric.effect);
}

function interval(metric: ComparedMetric): string {
  if (metric.interval === null) return 'unknown';
  return `${amount(metric, metric.interval.low)} to ${amount(metric, metric.interval.high)}`;
}
