import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/** The folder of the compiled code. This file is dist/machine/paths.js. */
export const DIST = join(__dirname, '..');

export const ORCHESTRATOR_BUNDLE = join(DIST, 'bundles', 'orchestrator.js');
export const LOAD_WORKFLOWS_BUNDLE = join(DIST, 'bundles', 'load-workflows.js');

/** The script of a host process. */
export const HOST_PROCESS = join(DIST, 'machine', 'roles', 'host-process.js');

/** Returns the user's state directory: session files, and the logs and databases of embedded servers. */
export function stateDir(env = process.env): string {
  return join(absolute(env.XDG_STATE_HOME) ?? join(homedir(), '.local', 'state'), 'temporal-benchmark');
}

/** Returns the user's cache directory, with the downloaded server binary. */
export function cacheDir(env = process.env): string {
  return join(absolute(env.XDG_CACHE_HOME) ?? join(homedir(), '.cache'), 'temporal-benchmark');
}

/**
 * Ignores a relative folder, as the XDG Base Directory Specification asks for: a command in another folder would not find
 * the run.
 */
function absolute(dir: string | undefined): string | undefined {
  return dir !== undefined && isAbsolute(dir) ? dir : undefined;
}
