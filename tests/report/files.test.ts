import fc from 'fast-check';
import { renderJunit } from '../../report/junit';
import { renderMarkdown } from '../../report/markdown';
import { resultOf } from '../../report/result';
import { runFacts } from '../support/facts';

test('the JUnit report fails if and only if the run did not pass, and its counts match its cases', () => {
  fc.assert(
    fc.property(runFacts, (facts) => {
      const result = resultOf(facts);
      const xml = renderJunit(result);
      const [, tests, failures] = /<testsuites tests="(\d+)" failures="(\d+)">/.exec(xml)!;
      expect(xml.match(/<testcase /g)).toHaveLength(Number(tests));
      expect(xml.match(/<failure /g) ?? []).toHaveLength(Number(failures));
      expect(Number(failures) === 0).toBe(result.outcome === 'PASSED');
    }),
    { numRuns: 200 },
  );
});

test('special characters in an error do not break the XML', () => {
  const [facts] = fc.sample(runFacts, { numRuns: 1, seed: 1 });
  const xml = renderJunit(resultOf({ ...facts!, error: '<a href="x">&\u0000\n</a>' }));
  expect(xml).toContain('&lt;a href=&quot;x&quot;&gt;&amp;?&#10;&lt;/a&gt;');
});

test('the Markdown summary begins with the outcome and has a row for each hold', () => {
  fc.assert(
    fc.property(runFacts, (facts) => {
      const result = resultOf(facts);
      const text = renderMarkdown(result);
      expect(text.startsWith(`## ${result.outcomes.join(', ')}: ${result.runId}\n`)).toBe(true);
      const rows = text.split('\n').filter((line) => /^\| \d+\/s \|/.test(line));
      expect(rows).toHaveLength(result.steps.filter((step) => step.kind === 'hold').length);
    }),
    { numRuns: 100 },
  );
});
