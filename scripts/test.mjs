// `npm test`: sets up what is missing, then runs the tests and closes with a line `N passed, N failed`.
// What follows `npm test --` goes to jest, e.g. a path; BENCHMARK_TEST_PROJECTS=unit runs only those.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root, setUp } from './setup.mjs';

const projects = (process.env.BENCHMARK_TEST_PROJECTS || 'unit,deploy,server,quick-faults').split(',');
setUp();
const folder = mkdtempSync(join(tmpdir(), 'benchmark-test-'));
let passed = 0;
let failed = 0;
let status = 0;
for (const project of projects) {
  const report = join(folder, `${project}.json`);
  // Where timing decides an outcome, nothing runs beside it.
  const inBand = ['unit', 'server'].includes(project) ? ['--maxWorkers=2'] : ['--runInBand'];
  const args = [
    '--selectProjects',
    project,
    ...inBand,
    '--passWithNoTests',
    '--forceExit',
    '--json',
    `--outputFile=${report}`,
  ];
  const jest = spawnSync(process.execPath, ['node_modules/jest/bin/jest.js', ...args, ...process.argv.slice(2)], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  status ||= jest.status ?? 1;
  try {
    const { numPassedTests, numFailedTests, numRuntimeErrorTestSuites } = JSON.parse(readFileSync(report, 'utf8'));
    passed += numPassedTests;
    failed += numFailedTests + numRuntimeErrorTestSuites;
  } catch {
    failed += 1;
  }
}
rmSync(folder, { recursive: true, force: true });
if (passed + failed === 0) failed += 1;
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : status);
