// `npm test`: sets up what is missing, runs the tests, names each skipped test, and prints `N passed, N failed, N skipped`.
// Arguments after `npm test --` go to jest, e.g. a path; BENCHMARK_TEST_PROJECTS=unit runs only that project.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root, setUp } from './setup.mjs';

// The tool refuses variables that it does not know, so the tests do not inherit this one.
const { BENCHMARK_TEST_PROJECTS, ...env } = process.env;
const projects = (BENCHMARK_TEST_PROJECTS || 'unit,deploy,server,quick-faults').split(',');
/** A project in which timing decides an outcome runs one test file at a time. */
const PARALLEL = ['unit', 'deploy', 'server'];
/** A jest that has reported and still runs after this time has something open, e.g. a socket. */
const EXIT_WITHIN_MS = 20_000;
const NO_TESTS = { numPassedTests: 0, numPendingTests: 0, numTodoTests: 0, numFailedTests: 0, testResults: [] };

setUp();
const folder = mkdtempSync(join(tmpdir(), 'benchmark-test-'));
const reports = [];
for (const project of projects) reports.push(await runProject(project));
rmSync(folder, { recursive: true, force: true });

const sum = (count) => reports.reduce((total, report) => total + count(report), 0);
const passed = sum((report) => report.numPassedTests);
const skipped = sum((report) => report.numPendingTests + report.numTodoTests);
const failedTests = sum((report) => report.numFailedTests + report.numRuntimeErrorTestSuites);
// A run without a single test, or whose jest failed for another reason, is a failure too.
const failed = failedTests || (passed + skipped === 0 || reports.some(({ status }) => status !== 0) ? 1 : 0);
for (const line of reports.flatMap(skippedTests)) console.log(line);
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exit(failed > 0 ? 1 : 0);

/** Runs one project and returns jest's report of it, and jest's exit code as `status`. */
async function runProject(project) {
  const file = join(folder, `${project}.json`);
  const workers = PARALLEL.includes(project) ? '--maxWorkers=2' : '--runInBand';
  const args = ['--selectProjects', project, workers, '--passWithNoTests', '--json', `--outputFile=${file}`];
  const jest = spawn(process.execPath, ['node_modules/jest/bin/jest.js', ...args, ...process.argv.slice(2)], {
    cwd: root,
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const exited = once(jest, 'exit');
  endWhenStuck(jest, file, project);
  const [code] = await exited;
  const status = code ?? 1;
  try {
    return { ...JSON.parse(readFileSync(file, 'utf8')), status };
  } catch {
    return { ...NO_TESTS, numRuntimeErrorTestSuites: 1, status };
  }
}

/** Ends a jest that does not exit after its report. */
function endWhenStuck(jest, file, project) {
  let reportedAtMs;
  const timer = setInterval(() => {
    if (existsSync(file)) reportedAtMs ??= Date.now();
    if (reportedAtMs === undefined || Date.now() - reportedAtMs < EXIT_WITHIN_MS) return;
    const how = 'find what a test left open with jest --detectOpenHandles';
    process.stderr.write(`The tests of project ${project} ended, but jest did not exit: ${how}\n`);
    jest.kill('SIGKILL');
  }, 1000);
  jest.once('exit', () => clearInterval(timer));
}

/** Returns one line per skipped test: its file, its title and what this machine lacks. */
function skippedTests({ testResults }) {
  return testResults.flatMap(({ name, assertionResults }) =>
    assertionResults
      .filter(({ status }) => status === 'pending')
      .map(({ fullName }) => {
        const [, needs] = /\[needs ([^\]]+)\]/.exec(fullName) ?? [];
        const title = fullName.replace(/ \[needs [^\]]+\]/g, '');
        return `skipped: ${name.slice(root.length + 1)}: ${title} (${needs ? `needs ${needs}` : 'not selected'})`;
      }),
  );
}
