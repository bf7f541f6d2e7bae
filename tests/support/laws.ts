import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

export const ROOT = join(__dirname, '..', '..');

/** Folders that hold no text of ours. */
const SKIPPED = /^(node_modules|dist|coverage|benchmark-results|histories|\.git|\.terraform)$/;

/** The paths of all files below `folder` (or `folder` itself, if it is a file) whose names match, relative to the root. */
export function filesIn(folder: string, name: RegExp): string[] {
  if (!statSync(join(ROOT, folder)).isDirectory()) return [folder];
  return readdirSync(join(ROOT, folder), { withFileTypes: true })
    .filter((entry) => !SKIPPED.test(entry.name))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? filesIn(path, name) : name.test(entry.name) ? [path] : [];
    });
}

export function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

/** P50, P95, P99 and the like are percentiles. */
const PERCENTILE = /^P(50|75|9\d)$/;

/** Every number of a law or requirement in a text, as docs/invariants.md spells it: P6, I3b, R7.4, `law 8`. */
export function lawsIn(text: string): string[] {
  const numbered = text.match(/\b(?:[PI][1-9]\d?[a-z]?|R[1-9]\d?\.\d{1,2})\b/g) ?? [];
  const named = [...text.matchAll(/\blaws? (\d{1,2})\b/gi)].map(([, number]) => `law ${number}`);
  return [...numbered.filter((law) => !PERCENTILE.test(law)), ...named];
}

/** Every string and template of a TypeScript or JavaScript source, without its quotes; interpolations as they are written. */
export function stringsIn(path: string, source = read(path)): string[] {
  const strings: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteralLike(node)) strings.push(node.text);
    else if (ts.isTemplateExpression(node)) strings.push(node.getText().slice(1, -1));
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(path, source, ts.ScriptTarget.Latest, true));
  return strings;
}

export interface LawRow {
  readonly law: string;
  readonly proof: string;
  /** Tests that the row names: file and title. */
  readonly tests: readonly { readonly file: string; readonly title: string }[];
}

/** The rows of the tables of docs/invariants.md. */
export function lawRows(page: string): LawRow[] {
  return page
    .split('\n')
    .filter((line) => /^\| (P|I|R|law )\d/.test(line))
    .map((line) => {
      const [, law = '', , proof = ''] = line.split('|').map((cell) => cell.trim());
      const tests = [...proof.matchAll(/`(tests\/[^`]+)`: "(.+?)"(?= \(|<br>|$)/g)].map(([, file, title]) => {
        return { file: file!, title: title! };
      });
      return { law, proof, tests };
    });
}
