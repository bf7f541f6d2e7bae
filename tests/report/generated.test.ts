import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { generated } from '../../scripts/generated';

test.each(Object.entries(generated()))('%s is up to date with the code (npm run generate)', (file, content) => {
  expect(readFileSync(join(__dirname, '..', '..', file), 'utf8')).toBe(content);
});
