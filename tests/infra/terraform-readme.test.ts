import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const dir = join(__dirname, '..', '..', 'infra', 'terraform', 'modules', 'benchmark');
const read = (name: string) => readFileSync(join(dir, name), 'utf8');

test.each([
  ['variable', 'variables.tf'],
  ['output', 'outputs.tf'],
])("the module's README lists every %s and no other", (kind, file) => {
  const declared = [...read(file).matchAll(new RegExp(`^${kind} "(\\w+)"`, 'gm'))].map(([, name]) => name);
  const section = read('README.md').split(/^## /m)[kind === 'variable' ? 1 : 2]!;
  expect([...section.matchAll(/^\| `(\w+)`/gm)].map(([, name]) => name)).toEqual(declared);
  // Every block has a description.
  for (const block of read(file)
    .split(new RegExp(`^${kind} `, 'm'))
    .slice(1))
    expect(block).toMatch(/description = /);
});
