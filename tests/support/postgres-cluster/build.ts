import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { cacheDir } from '../../../machine/paths';

const VERSION = 'v1.32.0';
const TOOLS = ['server', 'tools/sql'];

/** The server and its schema tool, built from the Go module proxy, whose checksums Go verifies: minutes, once. */
export function buildServer(): string {
  const bin = join(cacheDir(), `temporal-server-${VERSION}`);
  if (!TOOLS.every((tool) => existsSync(join(bin, tool.split('/').at(-1)!)))) {
    mkdirSync(bin, { recursive: true });
    const packages = TOOLS.map((tool) => `go.temporal.io/server/cmd/${tool}@${VERSION}`);
    const env = { ...process.env, GOBIN: bin, CGO_ENABLED: '0', GOFLAGS: '-buildvcs=false' };
    run('go', ['install', '-trimpath', '-ldflags', '-s -w', ...packages], { cwd: bin, env });
  }
  return bin;
}

/** Returns the folder with the server's schemas, as in its module. */
export function schemaFolder(): string {
  const module_ = run('go', ['mod', 'download', '-json', `go.temporal.io/server@${VERSION}`]);
  return join((JSON.parse(module_) as { Dir: string }).Dir, 'schema');
}

/** Where PostgreSQL's own programs are; they are not on the PATH of a Debian. */
export function postgresBin(): string {
  const root = '/usr/lib/postgresql';
  const versions = existsSync(root) ? readdirSync(root).sort((a, b) => Number(a) - Number(b)) : [];
  const folders = [...versions.map((version) => join(root, version, 'bin')), ...(process.env.PATH ?? '').split(':')];
  const found = folders.reverse().find((folder) => existsSync(join(folder, 'initdb')));
  if (!found) throw new Error('PostgreSQL is missing; this would install it: apt-get install postgresql');
  return found;
}

export function run(
  command: string,
  args: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { ...options, encoding: 'utf8' });
  if (status === 0) return stdout;
  throw new Error(`${command} ${args.join(' ')}: ${error?.message ?? `${stdout}${stderr}`.slice(-2000)}`);
}
