import { homedir } from 'node:os';
import { join } from 'node:path';

/** The folder of the compiled code. This file is dist/machine/paths.js. */
export const DIST = join(__dirname, '..');

export const ORCHESTRATOR_BUNDLE = join(DIST, 'bundles', 'orchestrator.js');
export const LOAD_WORKFLOWS_BUNDLE = join(DIST, 'bundles', 'load-workflows.js');

/** The script of a host process. */
export const HOST_PROCESS = join(DIST, 'machine', 'roles', 'host-process.js');

/** Returns the user's state directory: session files, and the logs and databases of embedded servers. */
export function stateDir(env = process.env): string {
  return join(env.XDG_STATE_HOME || join(homedir(), '.local', 'state'), 'temporal-benchmark');
}

/** Returns the user's cache directory, with the downloaded server binary. */
export function cacheDir(env = process.env): string {
  return join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'temporal-benchmark');
}
