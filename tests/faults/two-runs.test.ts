import { setTimeout as sleep } from 'node:timers/promises';
import { checkAccount } from '../support/check-account';
import { Cluster } from '../support/cluster';
import { registerNamespace } from '../support/namespace';
import { expectPassed, expectSoundAccount } from '../support/result';
import { lanes, variant } from '../support/variant';

jest.setTimeout(300_000);

let cluster: Cluster;
afterEach(() => cluster.stop());

const load = { rate: 20, duration: '10s', rampUp: '1s', ...variant };

test('L12: a run that was terminated and started again under its id passes, and the load of the first one ends', async () => {
  cluster = await Cluster.start({ generators: 1 });
  await registerNamespace(cluster.target.connection, 'shared');
  const handle = cluster.client.workflow.getHandle('again');
  await cluster.start('again', { ...load, duration: '120s', namespace: 'shared' });
  await cluster.loading('again');
  await handle.terminate('a user lost patience');
  const result = await cluster.benchmark('again', load);
  expectSoundAccount(result);
  await checkAccount(cluster.target, result);
  expectPassed(result);
  expect(result.ledger.scheduled).toBe(190);
  // The second run took longer than the 15 s within which the load of the first one ends.
  const sent = await cluster.count('shared');
  expect(sent).toBeGreaterThan(0);
  await sleep(3000);
  expect(await cluster.count('shared')).toBe(sent);
});

test('L15: of two runs that start at once, the second one does not take generators that the first one will need', async () => {
  cluster = await Cluster.start({ generators: 2 });
  const few = lanes + 1;
  await cluster.start('first', { ...load, duration: '40s' });
  await cluster.start('second', { ...load, lanes: few });
  const second = await cluster.ended('second');
  const problem = `the run needs ${few} free generators, but finds 1 beside the run first; start more with: benchmark worker --roles generator --generators ${few - 1}, or use fewer lanes with --lanes`;
  expect(second).toMatchObject({ outcome: 'ERROR', error: problem, ledger: { scheduled: 0 } });
  const first = await cluster.ended('first');
  expectSoundAccount(first);
  await checkAccount(cluster.target, first);
  expectPassed(first);
  // Now all of them are free.
  const third = await cluster.benchmark('third', { ...load, lanes: few });
  expectSoundAccount(third);
  expectPassed(third);
});
