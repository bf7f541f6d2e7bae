import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { filesIn, read, ROOT } from '../support/laws';

const pages = [
  'README.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'CHANGELOG.md',
  ...filesIn('docs', /\.md$/),
  'infra/README.md',
];

/** The anchors that a code host gives the headings of a page. */
function anchorsOf(page: string): string[] {
  return [...page.matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replace(/\s/g, '-'),
  );
}

/** What is wrong with the links of a page: files and headings that do not exist. */
function brokenLinks(path: string, text: string): string[] {
  const targets = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target!);
  return targets
    .filter((target) => !/^https?:/.test(target))
    .filter((target) => {
      const [file, anchor] = target.split('#') as [string, string?];
      const linked = file === '' ? path : join(dirname(path), file);
      if (!existsSync(join(ROOT, linked))) return true;
      return anchor !== undefined && !anchorsOf(linked === path ? text : read(linked)).includes(anchor);
    })
    .map((target) => `${path}: ${target}`);
}

/** Paths of source files that a page names, with wildcards and alternatives left out. */
function sourcesNamed(text: string): string[] {
  const folders =
    'spec|measurement|report|load-workflows|orchestrator|temporal|activities|machine|cli|tests|scripts|infra';
  const named = text.match(new RegExp(`(?<![\\w/.-])(?:${folders})/[\\w./-]*\\w\\.(?:ts|mjs|json|yaml)\\b`, 'g')) ?? [];
  return [...new Set(named)];
}

test.each(pages)('every link of %s leads somewhere', (page) => {
  expect(brokenLinks(page, read(page))).toEqual([]);
});

test.each(pages)('every source file that %s names exists', (page) => {
  expect(sourcesNamed(read(page)).filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
});

test('a link to a file or a heading that does not exist is found, and so is a source file', () => {
  const text =
    '# A b, c?\n[1](#a-b-c) [2](#d) [3](README.md#install) [4](README.md#nowhere) [5](no.md) [6](https://example.com)';
  expect(brokenLinks('CONTRIBUTING.md', text)).toEqual([
    'CONTRIBUTING.md: #d',
    'CONTRIBUTING.md: README.md#nowhere',
    'CONTRIBUTING.md: no.md',
  ]);
  expect(sourcesNamed('see `spec/table.ts`, docs/spec.md, spec/nothing.ts<br/>cli/main.ts')).toEqual([
    'spec/table.ts',
    'spec/nothing.ts',
    'cli/main.ts',
  ]);
});
