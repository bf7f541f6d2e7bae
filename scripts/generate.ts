import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { generated } from './generated';

/** Writes the schemas and reference pages that come from the code. A test compares the files with this output. */
for (const [file, content] of Object.entries(generated())) {
  const path = join(process.cwd(), file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}
