import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const read = (name: string) => readFileSync(join(__dirname, '..', '..', name), 'utf8');

const { include } = JSON.parse(read('tsconfig.build.json')) as { include: string[] };

test.each(include)('the image is built from all source folders: %s', (folder) => {
  expect(read('Dockerfile').split('\n')).toContain(`COPY ${folder} ${folder}`);
  expect(read('.dockerignore').split('\n')).toContain(`!${folder}`);
});
