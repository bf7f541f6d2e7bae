// `npm test`: sets up what is missing, runs the tests, names each skipped test, and prints `N passed, N failed, N skipped`.
// Arguments after `npm test --` go to jest, e.g. a path; BENCHMARK_TEST_PROJECTS=unit runs only that project.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root, setUp } from './setup.mjs';

const projects = (process.env.BENCHMARK_TEST_PROJECTS || 'unit,deploy,server,quick-faults').split(',');
/** A project in which timing decides an outcome runs one test file at a time. */
const PARALLEL = ['unit', 'server'];

setUp();
const folder = mkdtempSync(join(tmpdir(), 'benchmark-test-'));
const reports = projects.map((project) => runProject(project));
rmSync(folder, { recursive: true, force: true });

const sum = (count) => reports.reduce((total, report) => total + count(report), 0);
const passed = sum((report) => report.numPassedTests);
const skipped = sum((report) => report.numPendingTests + report.numTodoTests);
// Without a single test, the pattern was wrong.
const failed = Math.max(
  sum((report) => report.numFailedTests + report.numRuntimeErrorTestSuites),
  passed + skipped === 0 || reports.some(({ status }) => status !== 0) ? 1 : 0,
);
for (const line of reports.flatMap(skippedTests)) console.log(line);
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exit(failed > 0 ? 1 : 0);

/** Runs one project and returns jest's report of it, and jest's exit code as `status`. */
function runProject(project) {
  const file = join(folder, `${project}.json`);
  const workers = PARALLEL.includes(project) ? '--maxWorkers=2' : '--runInBand';
  const args = ['--selectProjects', project, workers, '--passWithNoTests', '--json', `--outputFile=${file}`];
  const jest = spawnSync(process.execPath, ['node_modules/jest/bin/jest.js', ...args, ...process.argv.slice(2)], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const status = jest.status ?? 1;
  try {
    return { ...JSON.parse(readFileSync(file, 'utf8')), status };
  } catch {
    const none = { numPassedTests: 0, numPendingTests: 0, numTodoTests: 0, numFailedTests: 0, testResults: [] };
    return { ...none, numRuntimeErrorTestSuites: 1, status };
  }
}

/** One line per skipped test: its file, its title and, in brackets, what this machine lacks. */
function skippedTests({ testResults }) {
  return testResults.flatMap(({ name, assertionResults }) =>
    assertionResults
      .filter(({ status }) => status === 'pending')
      .map(({ fullName }) => {
        const [, needs] = /\[needs ([^\]]+)\]/.exec(fullName) ?? [];
        const title = fullName.replace(/ \[needs [^\]]+\]/g, '');
        const why = needs === undefined ? 'not selected' : `needs ${needs}`;
        return `skipped: ${name.slice(root.length + 1)}: ${title} (${why})`;
      }),
  );
}
