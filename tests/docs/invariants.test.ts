import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { filesIn, lawRows, lawsIn, read, ROOT, stringsIn } from '../support/laws';

const CODE = [
  'spec',
  'measurement',
  'report',
  'load-workflows',
  'orchestrator',
  'temporal',
  'executor',
  'activities',
  'machine',
  'cli',
];
const rows = lawRows(read('docs/invariants.md'));
const known = new Set(rows.map(({ law }) => law));
const itself = join('tests', 'docs', 'invariants.test.ts');

/** Which laws each of some texts names, leaving out the texts that name none. */
function named(texts: readonly (readonly [file: string, text: string])[]): string[] {
  return texts.flatMap(([file, text]) => lawsIn(text).map((law) => `${file}: ${law}`));
}

test('every law is listed once, in order', () => {
  const numbers = Array.from({ length: 12 }, (_, i) => i + 1);
  const laws = rows.map(({ law }) => law);
  expect(laws).toHaveLength(known.size);
  expect(laws).toEqual(expect.arrayContaining(numbers.map((n) => `P${n}`)));
  expect(laws).toEqual(expect.arrayContaining([...numbers.map((n) => `I${n}`), 'I3b', 'I3c']));
  expect(laws).toEqual(expect.arrayContaining(numbers.slice(0, 11).map((n) => `law ${n}`)));
});

test('every law that code, tests or scripts refer to is listed', () => {
  const files = [...CODE, 'tests', 'scripts', 'infra'].flatMap((folder) =>
    filesIn(folder, /\.(ts|mjs|tf|hcl|sh|yaml|md)$/),
  );
  expect(files.length).toBeGreaterThan(200);
  const unlisted = files
    .filter((file) => file !== itself)
    .flatMap((file) =>
      lawsIn(read(file))
        .filter((law) => !known.has(law))
        .map((law) => `${file}: ${law}`),
    );
  expect(unlisted).toEqual([]);
});

test('every law names a test that exists, or says that there is none', () => {
  const problems = rows.flatMap(({ law, proof, tests }) => {
    if (tests.length === 0 && !proof.includes('No test yet')) return [`${law}: names no test`];
    if ((proof.match(/`tests\//g) ?? []).length !== tests.length) return [`${law}: cannot be read: ${proof}`];
    return tests.flatMap(({ file, title }) => {
      if (!existsSync(join(ROOT, file))) return [`${law}: there is no ${file}`];
      return stringsIn(file).includes(title) ? [] : [`${law}: ${file} has no test "${title}"`];
    });
  });
  expect(problems).toEqual([]);
});

test('no page that users read names a law', () => {
  const pages = ['README.md', 'CHANGELOG.md', 'SECURITY.md', ...filesIn('docs', /\.(md|svg)$/)]
    .concat(filesIn('infra', /\.(md|json|yaml)$/), filesIn('schemas', /\.json$/))
    .filter((page) => !/docs.(invariants|decisions)\.md$/.test(page));
  expect(named(pages.map((page) => [page, read(page)] as const))).toEqual([]);
});

test('no message, help text or report names a law', () => {
  const sources = [...CODE, 'scripts/aws'].flatMap((folder) => filesIn(folder, /\.ts$/));
  expect(named(sources.map((file) => [file, stringsIn(file).join('\n')] as const))).toEqual([]);
});

test('no description in Terraform names a law', () => {
  const sources = filesIn('infra', /\.tf$/);
  expect(sources.length).toBeGreaterThan(0);
  const withoutComments = (text: string) => text.replace(/^\s*(#|\/\/).*$/gm, '');
  expect(named(sources.map((file) => [file, withoutComments(read(file))] as const))).toEqual([]);
});

test('a law is recognized wherever it is written, and a percentile is none', () => {
  expect(lawsIn('as I3b and R7.4 say, P6: laws 5 and Law 8, P12.')).toEqual([
    'I3b',
    'R7.4',
    'P6',
    'P12',
    'law 5',
    'law 8',
  ]);
  expect(lawsIn('P95 of m7g.large, R2D2, API1, XP1, claw 3')).toEqual([]);
  const source = "// I1 in a comment\nconst a = `P2 ${'R1.1'} law 3`;";
  expect(named([['a.ts', stringsIn('a.ts', source).join('\n')]])).toEqual([
    'a.ts: P2',
    'a.ts: R1.1',
    'a.ts: R1.1',
    'a.ts: law 3',
  ]);
});
