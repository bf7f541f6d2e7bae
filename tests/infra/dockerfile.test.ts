import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const read = (name: string) => readFileSync(join(__dirname, '..', '..', name), 'utf8');

const { include } = JSON.parse(read('tsconfig.json')) as { include: string[] };
const sourceFolders = include.filter((folder) => folder !== 'tests');

test.each(sourceFolders)('the image is built from all source folders: %s', (folder) => {
  expect(read('Dockerfile').split('\n')).toContain(`COPY ${folder} ${folder}`);
  expect(read('.dockerignore').split('\n')).toContain(`!${folder}`);
});
