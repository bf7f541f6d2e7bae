// Compiles every source folder to dist without checking types: `npm run typecheck` does that. A new user waits for this
// build, and swc needs less than a second where tsc needs twenty.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/** The folders with the code of the product and of its scripts: those of tsconfig.json without the tests. */
export const sourceFolders = JSON.parse(readFileSync(join(root, 'tsconfig.json'), 'utf8')).include.filter(
  (folder) => folder !== 'tests',
);

/** Returns the TypeScript files below a folder, relative to the checkout. */
export function sourcesIn(folder) {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    return entry.isDirectory() ? sourcesIn(path) : path.endsWith('.ts') ? [path] : [];
  });
}

/** Writes dist anew; the bundles of the workflows stay until they are built again. */
export async function transpile() {
  const { default: swc } = await import('@swc/core');
  for (const folder of sourceFolders) {
    rmSync(join(root, 'dist', folder), { recursive: true, force: true });
    for (const source of sourcesIn(folder)) {
      const target = join(root, 'dist', source.replace(/\.ts$/, '.js'));
      mkdirSync(dirname(target), { recursive: true });
      const { code, map } = swc.transformFileSync(join(root, source), {
        swcrc: false,
        configFile: false,
        jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
        module: { type: 'commonjs' },
        sourceMaps: true,
        sourceFileName: relative(dirname(target), join(root, source)),
      });
      writeFileSync(target, code);
      writeFileSync(`${target}.map`, map);
    }
  }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) await transpile();
