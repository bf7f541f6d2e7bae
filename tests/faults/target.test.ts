import { randomUUID } from 'node:crypto';
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from '@temporalio/client';
import { temporal } from '@temporalio/proto';
import type { BenchmarkResult } from '../../report/result-schema';
import { progressQuery } from '../../orchestrator/messages';
import { Cluster } from '../support/cluster';
import { checkAccount } from '../support/check-account';
import { expectSoundAccount, sum } from '../support/result';
import { lanes, variant } from '../support/variant';

jest.setTimeout(240_000);

let cluster: Cluster;
afterEach(() => cluster.stop());

const load = { rate: 20, duration: '20s', rampUp: '1s', ...variant };

/** Returns the seconds of the hold whose arrivals closed more than a second after they were due, by the server's record. */
async function secondsOfSlowArrivals({ runId, namespace, steps, timeline }: BenchmarkResult): Promise<number[]> {
  const [hold] = steps.filter((step) => step.counted);
  const startedAtMs = Date.parse(timeline.loadStart!) + hold!.startMs;
  const client = new Client({ connection: cluster.target.connection, namespace });
  const seconds = new Set<number>();
  for await (const { workflowId, closeTime } of client.workflow.list({
    query: `WorkflowId STARTS_WITH '${runId}/${hold!.name}/'`,
  })) {
    // Each lane's arrivals are evenly spaced.
    const dueMs = (Number(workflowId.split('/').at(-1)) * 1000 * lanes) / load.rate;
    if (closeTime!.getTime() - startedAtMs - dueMs > 1000) seconds.add(Math.floor(dueMs / 1000));
  }
  return [...seconds];
}

test('a server that is frozen for 10 s: the stall shows from the due time, and nothing is omitted', async () => {
  cluster = await Cluster.start({ generators: 1 });
  await cluster.start('frozen', { ...load, duration: '30s' });
  await cluster.loading('frozen');
  process.kill(cluster.target.pid, 'SIGSTOP');
  setTimeout(() => process.kill(cluster.target.pid, 'SIGCONT'), 10_000);
  const result = await cluster.ended('frozen');
  expectSoundAccount(result);
  await checkAccount(cluster.target, result);
  expect(result.ledger.scheduled).toBe(590);
  // A third of the hold's arrivals fell due in the stall, and each of them waited for the rest of it.
  expect(result.results.latency.max).toBeGreaterThan(7500);
  expect(result.results.latency.p95).toBeGreaterThan(5000);
  expect((await secondsOfSlowArrivals(result)).length).toBeGreaterThanOrEqual(8);
  expect(result.ledger.acknowledged + result.ledger.recovered).toBeGreaterThan(560);
});

test('a start that is answered after the client gave up is unknown, then found on the server, and counted once', async () => {
  cluster = await Cluster.start({ generators: 1, withFrontend: true });
  let late = 0;
  cluster.frontend!.intercept('StartWorkflowExecution', async (_request, forward) => {
    const reply = await forward();
    late += 1;
    if (late % 50 === 0) await sleep(11_000);
    return reply;
  });
  const result = await cluster.benchmark('late', load);
  expectSoundAccount(result);
  await checkAccount(cluster.target, result);
  expect(result.ledger).toMatchObject({ scheduled: 390, acknowledged: 383, recovered: 7, rejected: {}, unknown: {} });
  expect(result.server.settledBy).toBe('describing each id');
});

test('a namespace that is deleted under the run is a named failure, and the run still reports', async () => {
  cluster = await Cluster.start({ generators: 1 });
  await cluster.start('deleted', load);
  await cluster.loading('deleted');
  const { namespace } = await cluster.client.workflow.getHandle('deleted').query(progressQuery);
  await cluster.target.connection.operatorService.deleteNamespace({ namespace });
  const { result, error } = await cluster.outcome('deleted');
  expect(error).toMatch(new RegExp(`the namespace ${namespace} was deleted during the run`));
  expect(result).toMatchObject({ outcome: 'ERROR', exitCode: 1 });
  expect(sum(result!.ledger.rejected) + result!.ledger.acknowledged).toBeGreaterThan(0);
});

test('a second start under the id of a run in progress is refused, and disturbs nothing', async () => {
  cluster = await Cluster.start({ generators: 1 });
  await cluster.start('twice', { ...load, duration: '5s' });
  await expect(cluster.start('twice', load)).rejects.toThrow(/already started/i);
  const result = await cluster.ended('twice');
  expectSoundAccount(result);
  await checkAccount(cluster.target, result);
  expect(result.ledger.scheduled).toBe(90);
});

test('the disk is full: the run reports it and keeps its result', async () => {
  cluster = await Cluster.start({ generators: 1 });
  const { home } = cluster;
  const out = join(home.dir, 'out');
  mkdirSync(out);
  // What is written to this device meets a full disk.
  symlinkSync('/dev/full', join(out, 'result.json'));
  const failed = await home.run(['run', '--rate', '10', '--duration', '3s', '--out', out]).ended;
  expect(failed).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(
      /the result cannot be written: ENOSPC.*\nThe result is kept\. To write it to another folder: benchmark watch run-/,
    ) as string,
  });
  const again = await home.run(['watch', '--out', home.dir]).ended;
  expect(again.code).toBe(0);
  expect(home.sessions).toEqual([]);
});

test('an account that does not agree with the server is UNACCOUNTED, and the ids on each side are named', async () => {
  cluster = await Cluster.start({ generators: 1, withFrontend: true });
  const { StartWorkflowExecutionRequest, StartWorkflowExecutionResponse } = temporal.api.workflowservice.v1;
  cluster.frontend!.intercept('StartWorkflowExecution', async (request, forward) => {
    const asked = StartWorkflowExecutionRequest.decode(request);
    // Acknowledged and never there.
    if (asked.workflowId.endsWith('/2/1/0/7'))
      return Buffer.from(StartWorkflowExecutionResponse.encode({ runId: randomUUID() }).finish());
    // There and never asked for.
    if (asked.workflowId.endsWith('/2/1/0/9')) {
      const extra = { ...asked, requestId: randomUUID(), workflowId: asked.workflowId.replace(/9$/, '9000') };
      await cluster.target.connection.workflowService.startWorkflowExecution(extra);
      await cluster.target.connection.workflowService.startWorkflowExecution({
        ...extra,
        requestId: randomUUID(),
        workflowId: asked.workflowId.replace(/9$/, '9001'),
      });
    }
    return await forward();
  });
  const result = await cluster.benchmark('disagrees', { ...load, duration: '5s' });
  const ids = `${result.runId}/2/1/0`;
  expect(result).toMatchObject({ outcome: 'UNACCOUNTED', exitCode: 112 });
  expect(result.server).toMatchObject({
    agrees: false,
    disagreements: [
      {
        step: '2',
        attempt: 1,
        onlyInAccount: { count: 1, ids: [`${ids}/7`] },
        onlyOnServer: { count: 2, ids: [`${ids}/9000`, `${ids}/9001`] },
      },
    ],
  });
  expect(result.server.open.join()).toContain(`only in the ledger: ${ids}/7; only on the server: ${ids}/9000`);
});
