import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

interface Header {
  readonly spec: { readonly inputs: Readonly<Record<string, { readonly default?: string }>> };
}

interface Job {
  readonly image: { readonly name: string; readonly entrypoint: readonly string[] };
  readonly variables: Readonly<Record<string, string>>;
  readonly script: readonly string[];
  readonly artifacts: { readonly paths: readonly string[]; readonly reports: object };
}

/** Returns the template's inputs, and its jobs with these inputs, as GitLab inserts them: before it reads the YAML. */
export function gitlabTemplate(inputs: Readonly<Record<string, string>>): {
  readonly header: Header;
  readonly text: string;
  readonly jobs: Readonly<Record<string, Job>>;
} {
  const file = readFileSync(join(__dirname, '..', '..', 'templates', 'benchmark.yml'), 'utf8');
  const [head = '', body = ''] = file.split(/^---$/m);
  const header = parse(head) as Header;
  const text = body.replace(/\$\[\[ inputs\.(\w+) \]\]/g, (_whole, name: string) => {
    const value = inputs[name] ?? header.spec.inputs[name]?.default;
    if (value === undefined) throw new Error(`the input ${name} has no value`);
    return value;
  });
  return { header, text, jobs: parse(text) as Record<string, Job> };
}
