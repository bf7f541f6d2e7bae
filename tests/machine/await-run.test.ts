import type { Client } from '@temporalio/client';
import { awaitRun } from '../../machine/await-run';

/** What a connection says that is gone. */
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
  jest.spyOn(Date, 'now').mockImplementation(() => now);
});
afterEach(() => jest.restoreAllMocks());

test('a run is followed however long it lasts: what counts is how long control has not answered', async () => {
  let breaks = 0;
  const result = async () => {
    now += 20 * 60_000;
    if ((breaks += 1) < 3) throw unavailable();
    return { schemaVersion: 1 };
  };
  const outcome = await awaitRun(clientOf({ result, describe: async () => ({}) }), 'long');
  expect([outcome, breaks]).toEqual([{ result: { schemaVersion: 1 } }, 3]);
});

test('a control server that does not answer for ten minutes is given up', async () => {
  const fail = async () => {
    now += 4 * 60_000;
    throw unavailable();
  };
  await expect(awaitRun(clientOf({ result: fail, describe: fail }), 'lost')).rejects.toThrow(/Failed to get/);
});
