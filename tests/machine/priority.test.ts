import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { getPriority } from 'node:os';
import { yieldCpu } from '../../machine/priority';

test('a process that yields the CPU has a lower priority than the benchmark; one that has ended is no error', async () => {
  const child = spawn(process.execPath, ['-e', 'process.stdin.resume()'], { stdio: ['pipe', 'ignore', 'ignore'] });
  await once(child, 'spawn');
  expect(getPriority(child.pid)).toBe(getPriority());
  yieldCpu(child.pid!);
  expect(getPriority(child.pid)).toBeGreaterThan(getPriority());
  child.stdin!.end();
  await once(child, 'close');
  yieldCpu(child.pid!);
});
