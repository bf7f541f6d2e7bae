import type { Client } from '@temporalio/client';
import { isRunClosed } from '../../../activities/hosts/run-closed';
import { hostsWorkflowId, runIdOf } from '../../../orchestrator/names';

const [first, second] = ['0198f000-0000-7000-8000-00000000aaaa', '0198f001-0000-7000-8000-00000000bbbb'];
const run = { workflowId: 'nightly', runId: runIdOf('nightly', first) };

const serverWith = (name: string, firstRunId: string | undefined) =>
  ({
    workflow: {
      getHandle: () => ({
        describe: () => Promise.resolve({ status: { name }, raw: { workflowExecutionInfo: { firstRunId } } }),
      }),
    },
  }) as unknown as Client;

test.each([
  ['it runs', 'RUNNING', first, false],
  ['it continued as new', 'CONTINUED_AS_NEW', first, false],
  ['it was terminated', 'TERMINATED', first, true],
  ['another run was started under its workflow ID', 'RUNNING', second, true],
  ['the server does not report the first run', 'RUNNING', undefined, false],
  ['an older server has no first run', 'RUNNING', '', false],
])('whether a run has closed if %s', async (_what, status, firstRunId, expected) => {
  expect(await isRunClosed(serverWith(status, firstRunId), run)).toBe(expected);
});

test('two runs under the same workflow ID have different workflows for their hosts', () => {
  const other = { workflowId: 'nightly', runId: runIdOf('nightly', second) };
  expect(hostsWorkflowId(run)).not.toBe(hostsWorkflowId(other));
  expect(hostsWorkflowId(run)).toMatch(/^nightly\/hosts-/);
});
