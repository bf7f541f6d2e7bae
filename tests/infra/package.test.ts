import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join } from 'node:path';

const ROOT = join(__dirname, '..', '..');
const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  readonly name: string;
  readonly private?: boolean;
  readonly bin: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
};

/** Returns the files of the package that `npm pack` would write. */
function packedFiles(): string[] {
  const { status, stdout, stderr } = spawnSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(stderr);
  const [{ files }] = JSON.parse(stdout) as [{ files: readonly { path: string }[] }];
  return files.map(({ path }) => path);
}

test('the package has its commands, the workflow bundles, the schemas and the license, and nothing of the tests', () => {
  const files = packedFiles();
  expect(manifest.bin[manifest.name]).toBe('dist/cli/main.js');
  expect(manifest.private).toBeUndefined();
  expect(files).toEqual(
    expect.arrayContaining([
      ...Object.values(manifest.bin),
      'dist/bundles/orchestrator.js',
      'dist/bundles/load-workflows.js',
      'dist/machine/roles/host-process.js',
      'schemas/result.schema.json',
      'schemas/index.d.ts',
      'LICENSE',
      'README.md',
    ]),
  );
  expect(
    files.filter((path) => !/^(dist\/.*\.js|schemas\/(.*\.json|index\.d\.ts)|[A-Z]+(\.md)?|package\.json)$/.test(path)),
  ).toEqual([]);
  expect(files.filter((path) => path.startsWith('dist/scripts/'))).toEqual([]);
});

test('every package that the compiled code loads is a dependency that npm installs for a user', () => {
  const dist = join(ROOT, 'dist');
  const files = readdirSync(dist, { recursive: true, encoding: 'utf8' }).filter(
    (path) => path.endsWith('.js') && !/^(bundles|scripts)\//.test(path),
  );
  expect(files.length).toBeGreaterThan(100);
  const loaded = files.flatMap((path) => {
    const found = readFileSync(join(dist, path), 'utf8').matchAll(/\b(?:require|import)\(["']([^"'.][^"']*)["']\)/g);
    return [...found].map(([, name]) => name!);
  });
  const packages = loaded
    .filter((name) => !name.startsWith('node:') && !builtinModules.includes(name))
    .map((name) => name.split('/', name.startsWith('@') ? 2 : 1).join('/'));
  expect(packages).toContain('@temporalio/testing');
  expect([...new Set(packages)].filter((name) => !(name in manifest.dependencies))).toEqual([]);
});
