import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { cacheDir } from '../../machine/paths';
import { run } from './postgres-cluster/build';

export type GoProgram = 'memory-frontend' | 'go-baseline' | 'helm' | 'kube-score' | 'actionlint' | 'grafana-dashboard';

/** The package of a program that is not the folder's own: the folder pins it in go.mod and go.sum. */
const PACKAGES: Partial<Record<GoProgram, string>> = {
  helm: 'helm.sh/helm/v3/cmd/helm',
  'kube-score': 'github.com/zegl/kube-score/cmd/kube-score',
  actionlint: 'github.com/rhysd/actionlint/cmd/actionlint',
};

/** The `go` line of the programs' go.mod files. */
const GO_MINOR = 26;

const GO_ENV = { ...process.env, CGO_ENABLED: '0', GOTOOLCHAIN: 'local', GOFLAGS: '-buildvcs=false -mod=readonly' };

/**
 * Returns the path of a Go program of tests/support. Builds it, unless the cache has a build of these very sources; its
 * modules come from the Go module proxy once, verified by go.sum.
 */
export function goProgram(name: GoProgram): string {
  const binary = cachedBinary(name);
  if (existsSync(binary)) return binary;
  mkdirSync(join(binary, '..'), { recursive: true });
  // Tests that build at the same time do not see each other's half-written file.
  const unfinished = `${binary}.${process.pid}`;
  run('go', ['build', '-trimpath', '-ldflags', '-s -w', '-o', unfinished, PACKAGES[name] ?? '.'], {
    cwd: sourceOf(name),
    env: GO_ENV,
  });
  renameSync(unfinished, binary);
  return binary;
}

/** Returns why a Go program cannot run here, or undefined if it can. */
export function whyNoGoProgram(name: GoProgram): string | undefined {
  return existsSync(cachedBinary(name)) ? undefined : whyNoGo();
}

/** Returns why nothing written in Go can be built here, or undefined if it can. */
export function whyNoGo(): string | undefined {
  const { status, stdout } = spawnSync('go', ['env', 'GOVERSION'], { encoding: 'utf8', env: GO_ENV });
  if (status !== 0) return `Go 1.${GO_MINOR} or newer is not installed`;
  const minor = Number(/^go1\.(\d+)/.exec(stdout)?.[1]);
  return minor >= GO_MINOR ? undefined : `Go 1.${GO_MINOR} or newer is required, and ${stdout.trim()} is installed`;
}

/** Describes tests that need a Go program. Where it cannot run, the name of the skipped tests says why. */
export function describeWithGo(name: string, programs: readonly GoProgram[], tests: () => void): void {
  const why = programs.map(whyNoGoProgram).find((reason) => reason !== undefined);
  if (why === undefined) describe(name, tests);
  else describe.skip(`${name} (not run: ${why})`, tests);
}

/** Runs a Go program's own tests; throws with their output if one fails. */
export function testGoProgram(name: GoProgram): void {
  // With the build's own flags, so that its compiled packages serve again.
  run('go', ['test', '-trimpath', './...'], { cwd: sourceOf(name), env: GO_ENV });
}

function sourceOf(name: GoProgram): string {
  return join(__dirname, name);
}

function cachedBinary(name: GoProgram): string {
  const dir = sourceOf(name);
  const hash = createHash('sha256').update(`${process.platform}/${process.arch}`);
  const sources = readdirSync(dir).filter((file) => /^go\.(mod|sum)$|(?<!_test)\.go$/.test(file));
  for (const file of sources.sort()) hash.update(`\0${file}\0`).update(readFileSync(join(dir, file)));
  return join(cacheDir(), 'go-programs', `${name}-${hash.digest('hex').slice(0, 16)}`);
}
