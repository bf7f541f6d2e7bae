import type { Client } from '@temporalio/client';
import { awaitRun } from '../../machine/await-run';

/** The error of a connection to a server that is gone. */
function unavailable(): Error {
  const cause = Object.assign(new Error('14 UNAVAILABLE: gone'), { code: 14, details: 'gone', metadata: {} });
  return new Error('Failed to get Workflow execution history', { cause });
}

function clientOf(handle: { result: () => Promise<unknown>; describe: () => Promise<unknown> }): Client {
  return { workflow: { getHandle: () => handle } } as unknown as Client;
}

let now = 0;
beforeEach(() => {
  now = Date.now();
  jest.spyOn(performance, 'now').mockImplementation(() => now);
});
afterEach(() => jest.restoreAllMocks());

test('awaitRun waits for a run of any duration, through several outages of the control server', async () => {
  let breaks = 0;
  const result = async () => {
    now += 20 * 60_000;
    if ((breaks += 1) < 3) throw unavailable();
    return { schemaVersion: 1 };
  };
  const outcome = await awaitRun(clientOf({ result, describe: async () => ({}) }), 'long');
  expect([outcome, breaks]).toEqual([{ result: { schemaVersion: 1 } }, 3]);
});

test('awaitRun throws when the control server has been unreachable for ten minutes', async () => {
  const fail = async () => {
    now += 4 * 60_000;
    throw unavailable();
  };
  await expect(awaitRun(clientOf({ result: fail, describe: fail }), 'lost')).rejects.toThrow(/Failed to get/);
});
