import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BenchmarkResult } from '../../report/result-schema';
import type { TestServer } from './server';

/** Runs scripts/check-account.mjs on a result, and fails with its output if the server disagrees. */
export async function checkAccount(target: Pick<TestServer, 'address'>, result: BenchmarkResult): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'check-account-'));
  const file = join(dir, 'result.json');
  writeFileSync(file, JSON.stringify(result));
  const checker = join(__dirname, '..', '..', 'scripts', 'check-account.mjs');
  const { status, stdout } = spawnSync(process.execPath, [checker, file, target.address], { encoding: 'utf8' });
  rmSync(dir, { recursive: true });
  expect([status, stdout]).toEqual([0, expect.stringMatching(/^ledger agrees with the server: /)]);
}
