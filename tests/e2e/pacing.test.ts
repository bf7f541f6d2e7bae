import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

jest.setTimeout(90_000);

test('1,000/s for 30 s from one process against a stand-in for a frontend: 30,000 sent, none twice, memory flat', () => {
  const script = join(__dirname, '..', '..', 'scripts', 'bench-pacing.mjs');
  const { stdout, stderr, status } = spawnSync(process.execPath, [script, '1000', '30'], { encoding: 'utf8' });
  expect([status, stderr]).toEqual([0, '']);
  const found = JSON.parse(stdout) as {
    scheduled: number;
    acknowledged: number;
    received: number;
    distinct: number;
    residentMiB: { third: number; last: number };
  };
  expect(found).toMatchObject({ scheduled: 30_000, acknowledged: 30_000, received: 30_000, distinct: 30_000 });
  expect(found.residentMiB.last).toBeLessThan(found.residentMiB.third * 1.3);
});
