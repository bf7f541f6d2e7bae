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

test('the example passes every variable of the module except image, and has no others but image_tag', () => {
  const example = join(dir, '..', '..', 'example');
  const variables = (text: string) => [...text.matchAll(/^variable "(\w+)"/gm)].map(([, name]) => name!);
  const expected = variables(read('variables.tf')).filter((name) => name !== 'image');
  const module_ = /^module "benchmark" \{[^]*?^\}/m.exec(readFileSync(join(example, 'main.tf'), 'utf8'))![0];
  expect([...module_.matchAll(/^ {2}(\w+) += var\.\1$/gm)].map(([, name]) => name)).toEqual(expected);
  const own = variables(readFileSync(join(example, 'variables.tf'), 'utf8'));
  expect(own).toEqual(['image_tag', ...expected]);
});

test('both services wait for the association of their capacity provider, and workers for the control server', () => {
  const [, workers, server] = read('services.tf').split(/^resource "aws_ecs_service"/m);
  expect(workers).toMatch(/depends_on = \[terraform_data\.association, aws_ecs_service\.control_server\]/);
  expect(server).toMatch(/depends_on = \[terraform_data\.association\]/);
});

test('Git ignores state and variables of an environment, but not the versions of its providers', () => {
  const ignored = readFileSync(join(dir, '..', '..', '..', '..', '.gitignore'), 'utf8').split('\n');
  expect(ignored).toEqual(expect.arrayContaining(['.terraform/', '*.tfstate', '*.tfstate.*', '*.tfvars']));
  expect(ignored.filter((line) => line.includes('lock.hcl'))).toEqual([]);
});
