import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gitlabTemplate } from '../support/gitlab-template';
import { describeWithGo, goProgram } from '../support/go-programs';
import { testNeeding } from '../support/needs';
import { canPip, runPip } from '../support/pip';

jest.setTimeout(300_000);

const ROOT = join(__dirname, '..', '..');
const page = readFileSync(join(ROOT, 'docs', 'ci.md'), 'utf8');
const examples = [...page.matchAll(/```yaml\n(.*?)```/gs)].map(([, text]) => text!);
const here = testNeeding(canPip, 'pip');

let dir: string;
beforeEach(() => (dir = mkdtempSync(join(tmpdir(), 'benchmark-ci-'))));
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** Returns what a schema that check-jsonschema contains finds wrong with a file; empty if nothing. */
function schemaErrors(schema: string, text: string): string {
  const file = join(dir, 'checked.yml');
  writeFileSync(file, text);
  const args = ['--builtin-schema', schema, file];
  const { status, output } = runPip('check-jsonschema==0.39.0', 'check-jsonschema', args, ROOT);
  return status === 0 ? '' : output;
}

here('action.yml fits the schema of GitHub actions, and a misspelled key does not', () => {
  const text = readFileSync(join(ROOT, 'action.yml'), 'utf8');
  expect(schemaErrors('vendor.github-actions', text)).toBe('');
  expect(schemaErrors('vendor.github-actions', text.replace('using: composite', 'use: composite'))).not.toBe('');
});

here('the template for GitLab and the example that includes it fit the schema of GitLab CI', () => {
  const { text } = gitlabTemplate({ image: 'benchmark:v1' });
  expect(schemaErrors('vendor.gitlab-ci', text)).toBe('');
  expect(schemaErrors('vendor.gitlab-ci', text.replace('script:', 'scripts:'))).not.toBe('');
  const file = readFileSync(join(ROOT, 'templates', 'benchmark.yml'), 'utf8');
  expect(schemaErrors('vendor.gitlab-ci', file.split(/^---$/m)[0]!)).toBe('');
  const [example] = examples.filter((one) => one.includes('include:'));
  expect(schemaErrors('vendor.gitlab-ci', example!)).toBe('');
});

describeWithGo('actionlint', ['actionlint'], () => {
  const lint = (text: string) => {
    const file = join(dir, 'workflow.yml');
    writeFileSync(file, text);
    return spawnSync(goProgram('actionlint'), ['-no-color', '-shellcheck=', '-pyflakes=', file], { encoding: 'utf8' });
  };

  test('accepts the workflows of the documentation, and finds a mistake in them', () => {
    const workflows = examples.filter((one) => one.includes('runs-on:'));
    expect(workflows).toHaveLength(2);
    for (const text of workflows) {
      expect(lint(text)).toMatchObject({ status: 0, stdout: '' });
      expect(lint(text.replace('runs-on:', 'run-on:')).status).toBe(1);
    }
  });
});
