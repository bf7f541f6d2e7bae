import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { testNeeding } from '../support/needs';
import { canHaveNode, NODE_RELEASES, nodeBinary } from '../support/node-release';

jest.setTimeout(300_000);

/** Without the oldest: the HTTP/2 server of Node 20.3, which these tests use, ends a connection that it should let finish. */
const RELEASES = NODE_RELEASES.filter((release) => release !== '20.3.0');

const ROOT = join(__dirname, '..', '..');

testNeeding(canHaveNode, 'Linux on x86-64').each(RELEASES)(
  'the unit tests of the wire and of connections pass with Node %s',
  (release) => {
    const args = ['--selectProjects', 'unit', '--runInBand', '--json', 'tests/temporal'];
    const jest = join(ROOT, 'node_modules', 'jest', 'bin', 'jest.js');
    const { stdout } = spawnSync(nodeBinary(release as (typeof NODE_RELEASES)[number]), [jest, ...args], {
      cwd: ROOT,
      encoding: 'utf8',
      maxBuffer: 1e8,
    });
    const { numFailedTests, numPassedTests, testResults } = JSON.parse(stdout) as {
      numFailedTests: number;
      numPassedTests: number;
      testResults: { status: string; message: string }[];
    };
    expect(testResults.filter(({ status }) => status !== 'passed').map(({ message }) => message)).toEqual([]);
    expect([numFailedTests, numPassedTests > 50]).toEqual([0, true]);
  },
);
