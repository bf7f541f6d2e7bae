import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedServer } from '../../machine/embedded-server';
import { isAlive } from '../../machine/process-identity';
import { eventually } from '../support/cli';

let dir: string;
let pids: number[];
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'benchmark-embedded-'));
  pids = [];
});
afterEach(() => rmSync(dir, { recursive: true }));

/** Starts a script in place of the server. */
function start(script: string, options: { port?: number; startTimeoutMs?: number; signal?: AbortSignal } = {}) {
  const binary = join(dir, 'temporal');
  writeFileSync(binary, `#!/bin/sh\n${script}\n`);
  chmodSync(binary, 0o755);
  const logFile = join(dir, 'log');
  return startEmbeddedServer({ binary, logFile, startTimeoutMs: 2000, onSpawn: (pid) => pids.push(pid), ...options });
}

const ended = () => eventually('the end of the process', () => pids.length > 0 && !pids.some(isAlive));

test('a server that exits before it serves: the error has the end of its log', async () => {
  writeFileSync(join(dir, 'log'), 'the log of an earlier start\n');
  await expect(start('echo reading settings; echo "unknown key frontend.x" >&2; exit 3')).rejects.toThrow(
    /^the embedded server exited \(exit code 3\)\. Its log ends with:\nreading settings\nunknown key frontend\.x$/,
  );
});

test('a server that never serves is ended, and the error has the end of its log', async () => {
  await expect(start('echo waiting for a lock; exec sleep 60', { startTimeoutMs: 300 })).rejects.toThrow(
    /^the embedded server does not serve at 127\.0\.0\.1:\d+ \(.*\)\. Its log ends with:\nwaiting for a lock$/,
  );
  await ended();
});

test('a server that is starting is ended when its start is aborted', async () => {
  const aborting = new AbortController();
  const starting = start('exec sleep 60', { signal: aborting.signal });
  await eventually('the process', () => pids.length === 1);
  aborting.abort(new Error('no longer needed'));
  await expect(starting).rejects.toThrow('no longer needed');
  await ended();
});

test('a port on which another process listens is refused: that process would pass for the server', async () => {
  const other = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const { port } = other.address() as AddressInfo;
  await expect(start('exec sleep 60', { port })).rejects.toThrow(`the port ${port} is in use by another process`);
  expect(pids).toEqual([]);
  other.close();
});
