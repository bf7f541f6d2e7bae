import fc from 'fast-check';
import { mergePages } from '../../machine/metrics/page';

const generator = `# HELP a_total Things
# TYPE a_total counter
a_total{kind="x"} 1
a_total 2
# HELP h_seconds Times
# TYPE h_seconds histogram
h_seconds_bucket{le="1"} 1
h_seconds_sum 0.5
h_seconds_count 1
`;

test('every family appears once, with the samples of all roles, each labeled with its role', () => {
  const page = mergePages([
    { role: 'generator-0', text: generator },
    { role: 'generator-1', text: generator },
  ]);
  expect(page.match(/# TYPE a_total counter/g)).toHaveLength(1);
  expect(page.split('\n').slice(0, 6)).toEqual([
    '# HELP a_total Things',
    '# TYPE a_total counter',
    'a_total{role="generator-0",kind="x"} 1',
    'a_total{role="generator-0"} 2',
    'a_total{role="generator-1",kind="x"} 1',
    'a_total{role="generator-1"} 2',
  ]);
  expect(page).toContain('h_seconds_bucket{role="generator-1",le="1"} 1');
});

test('a sample that has a role label keeps it, as those of host processes on the page of the host role', () => {
  expect(mergePages([{ role: 'host', text: 'a{role="host-3",b="c"} 1\n' }])).toBe('a{role="host-3",b="c"} 1\n');
  expect(mergePages([{ role: 'host', text: 'a{user_role="x"} 1\n' }])).toBe('a{role="host",user_role="x"} 1\n');
});

test('no sample is lost or duplicated', () => {
  const sample = fc
    .tuple(fc.constantFrom('a_total', 'b', 'c_seconds_sum'), fc.nat(9))
    .map(([name, n]) => `${name}{n="${n}"} 1`);
  fc.assert(
    fc.property(fc.array(fc.uniqueArray(sample, { maxLength: 10 }), { maxLength: 4 }), (pages) => {
      const merged = mergePages(pages.map((samples, i) => ({ role: `r${i}`, text: `${samples.join('\n')}\n# EOF\n` })));
      const lines = merged.split('\n').filter((line) => line !== '');
      expect(lines).toHaveLength(pages.flat().length);
      expect(new Set(lines).size).toBe(lines.length);
    }),
    { numRuns: 100 },
  );
});
