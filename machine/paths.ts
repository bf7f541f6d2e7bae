import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where compiled code lies: this file is dist/machine/paths.js. */
export const DIST = join(__dirname, '..');

export const ORCHESTRATOR_BUNDLE = join(DIST, 'bundles', 'orchestrator.js');
export const LOAD_WORKFLOWS_BUNDLE = join(DIST, 'bundles', 'load-workflows.js');

/** What a host runs in. */
export const HOST_PROCESS = join(DIST, 'machine', 'roles', 'host-process.js');

/** The user's state directory: run-state files, logs and databases of embedded servers. */
export function stateDir(env = process.env): string {
  return join(env.XDG_STATE_HOME || join(homedir(), '.local', 'state'), 'temporal-benchmark');
}

export function cacheDir(env = process.env): string {
  return join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'temporal-benchmark');
}
