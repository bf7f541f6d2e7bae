import { ApplicationFailure, Context } from '@temporalio/activity';
import { Client } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import { LaneAccount } from '../../activities/generate-load/lane-account';
import { createReadLanes } from '../../activities/observe/collect-progress';
import { unaccounted } from '../../measurement/account/ledger';
import { SequenceSet } from '../../measurement/account/sequence-set';
import type { GenerateLoadInput, LaneCheckpoint } from '../../orchestrator/activity-types';
import { perfect } from '../support/played';
import { playStep, type Stage } from '../support/played-step';
import { startTestServer, type TestServer } from '../support/server';

jest.setTimeout(60_000);

let server: TestServer;
let stage: Stage & { readonly nativeConnection: NativeConnection };
beforeAll(async () => {
  server = await startTestServer();
  const nativeConnection = await NativeConnection.connect({ address: server.address });
  stage = { nativeConnection, client: new Client({ connection: server.connection }) };
});
afterAll(async () => {
  await stage.nativeConnection.close();
  await server.close();
});

/** The last heartbeat of a generator that has sent and completed five arrivals, and has sent one without an answer. */
function checkpointOf(input: GenerateLoadInput): LaneCheckpoint {
  const account = new LaneAccount(input);
  for (let i = 0; i < 6; i += 1) account.schedule(i, i);
  for (let i = 0; i < 5; i += 1) {
    account.acknowledge(i, i, 1);
    account.choose(i);
    account.complete({ sequence: i, atMs: i, latencyMs: 1, serviceMs: 1 });
  }
  return account.checkpoint('sending');
}

/** Generators that send a heartbeat and die. Resolves `allDead` when as many have died. */
function mortal(generators: number) {
  let dead = 0;
  let resolve: () => void = () => undefined;
  const allDead = new Promise<void>((done) => (resolve = done));
  const generateLoad = async (input: GenerateLoadInput): Promise<never> => {
    Context.current().heartbeat(checkpointOf(input));
    if ((dead += 1) === generators) resolve();
    throw ApplicationFailure.retryable('killed');
  };
  return { generateLoad, allDead };
}

/** Arrivals of the step that have been due for long. */
const PAST = Date.parse('2020-01-01');

test.each([1, 3])(
  '%i lanes without any generator end by themselves: the last heartbeats are the ledger, and what was due since is in doubt',
  async (lanes) => {
    const { generateLoad, allDead } = mortal(lanes);
    const measured = await playStep(
      stage,
      `abandoned-by-${lanes}`,
      { lanes, startAtMs: PAST, laneWaitMs: 2000 },
      {
        generateLoad,
        control: { readLanes: createReadLanes({ client: stage.client }) },
        during: (_, stopGenerators) => allDead.then(stopGenerators),
      },
    );
    expect(measured.failure).toMatchObject({ type: 'NoGenerator' });
    expect(measured.cutShort).toMatch(/no generator took lane \d of step 1 within 2 s/);
    expect(measured.ledger).toMatchObject({ scheduled: 33, acknowledged: 5 * lanes, inDoubt: 33 - 5 * lanes });
    expect(measured.observation.completed).toBe(5 * lanes);
    expect(unaccounted(measured.ledger)).toBe(0);
    const named = measured.provisional.flatMap(({ entries }) => [...SequenceSet.from(entries.inDoubt ?? [])]);
    expect(named).toHaveLength(33 - 5 * lanes);
  },
);

test.each([
  ['its last heartbeat is the ledger', true, 10],
  ['every arrival that was due is in doubt if the heartbeats cannot be read', false, 0],
])('a step that is canceled while its lanes wait for a generator loses nothing: %s', async (_, isReadable, known) => {
  const { generateLoad, allDead } = mortal(2);
  const real = { readLanes: createReadLanes({ client: stage.client }) };
  const away = { readLanes: () => Promise.reject(ApplicationFailure.nonRetryable('away')) };
  const measured = await playStep(
    stage,
    `canceled-without-generator-${isReadable}`,
    { lanes: 2, startAtMs: PAST },
    {
      generateLoad,
      control: isReadable ? real : away,
      during: async (cancel, stopGenerators) => {
        await allDead.then(stopGenerators);
        await cancel();
      },
    },
  );
  expect(measured.failure).toBeUndefined();
  expect(measured.cutShort).toBe('the generator was lost');
  expect(measured.ledger).toMatchObject({ scheduled: 33, acknowledged: known, inDoubt: 33 - known });
});

test('a lane that was canceled before a generator took it has an empty ledger', async () => {
  const measured = await playStep(
    stage,
    'never-taken',
    { lanes: 2, startAtMs: PAST },
    {
      generateLoad: async (input) => perfect(input),
      control: { readLanes: createReadLanes({ client: stage.client }) },
      during: async (cancel) => await cancel(),
    },
    false,
  );
  expect(measured).toMatchObject({ cutShort: 'canceled before it began', ledger: { scheduled: 0 } });
});
