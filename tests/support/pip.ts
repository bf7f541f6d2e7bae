import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { cacheDir } from '../../machine/paths';

/** Whether this machine has Python's pip. */
export const canPip = spawnSync('python3', ['-m', 'pip', '--version'], { stdio: 'ignore' }).status === 0;

/** A package of PyPI at one version, in a folder of the project's cache: its modules, and its programs under `bin`. */
export function pipFolder(requirement: string): string {
  const dir = join(cacheDir(), `pip-${requirement.replace(/[^\w.-]+/g, '-')}`);
  if (existsSync(dir)) return dir;
  mkdirSync(cacheDir(), { recursive: true });
  const partial = mkdtempSync(join(cacheDir(), 'pip-partial-'));
  const args = ['-m', 'pip', 'install', '--quiet', '--target', partial, requirement];
  const { status, stderr, error } = spawnSync('python3', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`pip install ${requirement}: ${error?.message ?? stderr.slice(-1000)}`);
  renameSync(partial, dir);
  return dir;
}

/** Runs a program of such a package. @returns its exit code and what it printed */
export function runPip(requirement: string, program: string, args: readonly string[], cwd: string) {
  const dir = pipFolder(requirement);
  const env = { ...process.env, PYTHONPATH: dir };
  const { status, stdout, stderr } = spawnSync(join(dir, 'bin', program), args, { cwd, env, encoding: 'utf8' });
  return { status, output: `${stdout}${stderr}`.trim() };
}
