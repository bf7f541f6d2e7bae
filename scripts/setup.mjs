// Installs and builds what is missing or out of date, and nothing else: the first step of `npm run bench` and `npm test`.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, lstatSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sourceFolders, sourcesIn } from './transpile.mjs';

export const root = join(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '..');
const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';

/** Everything goes to stderr: stdout belongs to the result. */
function run(command, args, what) {
  const { status, stdout } = spawnSync(command, args, {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
  });
  if (status === 0) return;
  process.stderr.write(stdout ?? '');
  process.stderr.write(`${what} failed; the command was: ${command} ${args.join(' ')}\n`);
  process.exit(1);
}

function stamp(file, value, work) {
  const path = join(root, file);
  if (existsSync(path) && readFileSync(path, 'utf8') === value) return;
  work();
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, value);
}

/** Returns whether npm's record of node_modules has every package of package-lock.json in the same version. */
function isInstalled() {
  const record = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(record)) return false;
  const packagesOf = (file) => JSON.parse(readFileSync(file, 'utf8')).packages;
  const installed = packagesOf(record);
  // Packages for other platforms are optional and not installed.
  return Object.entries(packagesOf(join(root, 'package-lock.json'))).every(
    ([path, { version, optional }]) => path === '' || optional || installed[path]?.version === version,
  );
}

function hash(files) {
  const sum = createHash('sha256');
  for (const file of files.sort())
    if (statSync(join(root, file)).isFile()) sum.update(file).update(readFileSync(join(root, file)));
  return sum.digest('hex');
}

export function setUp() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 3)) {
    process.stderr.write(`Node ${process.versions.node} is too old; this needs 20.3 or newer.\n`);
    process.exit(1);
  }
  if (!isInstalled()) {
    // `npm ci` would empty the folder behind the link, which another checkout uses.
    if (lstatSync(join(root, 'node_modules'), { throwIfNoEntry: false })?.isSymbolicLink()) {
      process.stderr.write(
        'node_modules is a symbolic link, and packages are missing there; run npm ci in its checkout.\n',
      );
      process.exit(1);
    }
    process.stderr.write('Installing packages …\n');
    run(npm, ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], 'Installing the packages');
  }
  stamp(
    'dist/.built',
    hash([...sourceFolders.flatMap(sourcesIn), 'package-lock.json', 'tsconfig.json', 'scripts/transpile.mjs']),
    () => {
      process.stderr.write('Building …\n');
      run(process.execPath, ['scripts/transpile.mjs'], 'Compiling');
      run(process.execPath, ['dist/scripts/bundle.js'], 'Bundling the workflows');
    },
  );
}
