import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hasSearchAttributes } from '../../machine/search-attributes';
import { BENCHMARK_RUN, CAPACITY_SEARCH } from '../../orchestrator/benchmark-types';
import { CONTROL_QUEUE, hostsWorkflowId, runIdOf } from '../../orchestrator/names';
import type { RunMemo } from '../../orchestrator/run-ref';
import { progressQuery } from '../../orchestrator/messages';
import { eventually } from '../support/cli';
import { Cluster } from '../support/cluster';

jest.setTimeout(300_000);

const PROJECT = join(__dirname, '..', '..');
const HISTORIES = join(PROJECT, 'tests', 'replay', 'histories');
const short = { rate: 10, duration: '4s', rampUp: '1s', lanes: 1 };

let cluster: Cluster;
beforeAll(async () => {
  // Early enough that two iterations of a short run do not share one history.
  cluster = await Cluster.start({ generators: 1, controlConfig: ['limit.historyCount.suggestContinueAsNew=30'] });
});
afterAll(() => cluster.stop());

/** Keeps the histories of a run, of each of its executions, and of its children. */
async function keep(run: string): Promise<void> {
  for (const file of readdirSync(HISTORIES)) if (new RegExp(`^${run}[.~]`).test(file)) rmSync(join(HISTORIES, file));
  const [first] = await executions(run);
  const hosts = hostsWorkflowId({ workflowId: run, runId: runIdOf(run, first!) }).slice(run.length);
  const children = [
    '',
    hosts,
    ...['1', '2', '3', '4', '2r'].flatMap((step) => [1, 2].map((attempt) => `/step-${step}-${attempt}`)),
  ];
  for (const child of children) {
    for (const [i, runId] of (await executions(`${run}${child}`)).entries()) {
      const about = ['--workflow-id', `${run}${child}`, '--run-id', runId, '-o', 'json'];
      const { stdout } = cluster.temporalCli('workflow', 'show', ...about);
      const file = join(
        HISTORIES,
        `${run}${(child === hosts ? '/hosts' : child).replace(/\//g, '.')}${i === 0 ? '' : `~${i + 1}`}.json`,
      );
      writeFileSync(file, withoutPlace(JSON.stringify(JSON.parse(stdout))));
    }
  }
}

/** Stack traces name where the project and its packages lie, which may be two places; that is nobody's business. */
function withoutPlace(history: string): string {
  return history.replaceAll(`${PROJECT}/`, '').replace(/\/(?:[\w.+-]+\/)*(?=node_modules\/)/g, '');
}

/** The executions of a workflow id, the first first. */
async function executions(workflowId: string): Promise<string[]> {
  const found: { runId: string; startTime: Date }[] = [];
  for await (const one of cluster.client.workflow.list({ query: `WorkflowId = '${workflowId}'` })) found.push(one);
  return found.sort((a, b) => a.startTime.getTime() - b.startTime.getTime()).map(({ runId }) => runId);
}

async function record(
  run: string,
  input: object,
  during: () => Promise<unknown> = async () => undefined,
  { type = BENCHMARK_RUN, memo }: { type?: string; memo?: RunMemo } = {},
): Promise<void> {
  const options = { workflowId: run, taskQueue: CONTROL_QUEUE, args: [input], ...(memo && { memo: { ...memo } }) };
  await cluster.client.workflow.start(type, options);
  await during();
  await cluster.outcome(run);
  await keep(run);
}

async function loading(run: string): Promise<void> {
  const handle = cluster.client.workflow.getHandle(run);
  await eventually('the load', async () => (await handle.query(progressQuery)).scheduled > 0);
}

test('passed', () => record('passed', { ...short, executor: 'sdk' }));
test('lean', () => record('lean', short));
test('published', async () => {
  const { connection } = cluster.control;
  await eventually('the search attributes', () => hasSearchAttributes(connection, cluster.client.options.namespace));
  const memo = { findBy: 'search attributes' } satisfies RunMemo;
  await record('published', short, undefined, { memo });
});
test('failed', () =>
  record('failed', { stages: [5, 10], hold: '3s', rampUp: '1s', lanes: 1, stopOnFail: true, maxP99: '1ms' }));
test('bad spec', () => record('bad-spec', { rate: -1 }));
test('error', () => record('error', { ...short, lanes: 2 }));
test('aborted', () =>
  record('aborted', { ...short, duration: '60s' }, async () => {
    await loading('aborted');
    await cluster.client.workflow.getHandle('aborted').executeUpdate('abort', { args: [{ reason: 'recorded' }] });
  }));
test('cancelled', () =>
  record('cancelled', { ...short, duration: '60s' }, async () => {
    await loading('cancelled');
    await cluster.client.workflow.getHandle('cancelled').cancel();
  }));
test('resumed', () =>
  record('resumed', { ...short, duration: '12s' }, async () => {
    await loading('resumed');
    process.kill(cluster.roles.generator!, 'SIGKILL');
  }));
test('continued', () => record('continued', { ...short, duration: '12s', iterations: 2 }));
// A search continues as new between two trials, because its histories are that short here.
test('search', () => record('search', { from: 10, maxRate: 20, lanes: 1 }, undefined, { type: CAPACITY_SEARCH }));
