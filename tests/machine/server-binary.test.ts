import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findServerBinary, unknownSettings } from '../../machine/server-binary';

let dir: string;
beforeEach(() => (dir = mkdtempSync(join(tmpdir(), 'benchmark-binary-'))));
afterEach(() => rmSync(dir, { recursive: true }));

function program(folder: string, output: string, status = 0): string {
  const path = join(dir, folder, 'temporal');
  mkdirSync(join(dir, folder), { recursive: true });
  writeFileSync(path, `#!/bin/sh\necho '${output}'\nexit ${status}\n`);
  chmodSync(path, 0o755);
  return path;
}

const find = (...folders: string[]) =>
  findServerBinary({ PATH: folders.map((folder) => join(dir, folder)).join(':'), XDG_CACHE_HOME: join(dir, 'cache') });

describe('a temporal on the PATH', () => {
  const pinned = () => program(join('cache', 'temporal-benchmark', 'temporal-1.9.1', 'bin'), 'temporal version 1.9.1');

  test.each(['temporal version 1.9.1 (Server 1.32.0, UI 2.54.1)', 'temporal version 1.10.0', 'temporal version 2.0.0'])(
    'that is recent enough is taken: %s',
    async (output) => {
      pinned();
      const path = program('bin', output);
      expect(await find('bin')).toBe(path);
    },
  );

  test.each([
    ['temporal version 0.10.0 (server 1.20.0)', 0],
    ['temporal version 1.9.0 (Server 1.31.0)', 0],
    ['a shim of another tool', 0],
    ['temporal version 1.9.1', 1],
  ])('that is older, something else or does not run is not: %s, exit code %i', async (output, status) => {
    const expected = pinned();
    program('bin', output, status);
    expect(await find('bin')).toBe(expected);
    const newer = program('later', 'temporal version 1.11.2');
    expect(await find('bin', 'later')).toBe(newer);
  });
});

test('a dynamic configuration key that the server does not contain is named', () => {
  const binary = join(dir, 'server');
  writeFileSync(binary, 'xfrontend.namespaceRPSmatching.rpsx');
  expect(unknownSettings(['frontend.namespaceRPS=1', 'matching.rps=2'], binary)).toEqual([]);
  expect(unknownSettings(['frontend.namespacRPS=1', 'matching.rps=2'], binary)).toEqual([
    'the server does not know the dynamic configuration key frontend.namespacRPS; the setting may have no effect',
  ]);
});
