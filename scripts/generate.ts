import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { generated } from './generated';

/** Writes what is published from the code: schemas and reference pages. A test compares them with what it would write. */
for (const [file, content] of Object.entries(generated())) {
  const path = join(process.cwd(), file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}
