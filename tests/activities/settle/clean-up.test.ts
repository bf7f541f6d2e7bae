import fc from 'fast-check';
import { Metadata, status } from '@grpc/grpc-js';
import type { Connection } from '@temporalio/client';
import { cleanUpRun } from '../../../activities/settle/clean-up';
import { OWNER_KEY } from '../../../orchestrator/names';

interface Workflow {
  readonly id: string;
  running: boolean;
}

/** A server that knows namespaces, their marks and their workflows, and as much of visibility's queries as is asked. */
class FakeServer {
  readonly touched: string[] = [];
  constructor(readonly namespaces: Record<string, { owner?: string; workflows: Workflow[] }>) {}

  get connection(): Connection {
    return { workflowService: this } as unknown as Connection;
  }

  async describeNamespace({ namespace }: { namespace: string }) {
    const found = this.namespaces[namespace];
    if (!found)
      throw Object.assign(new Error('not found'), { code: status.NOT_FOUND, details: '', metadata: new Metadata() });
    return { namespaceInfo: { data: found.owner ? { [OWNER_KEY]: found.owner } : {} } };
  }

  async countWorkflowExecutions({ namespace, query }: { namespace: string; query: string }) {
    return { count: this.running(namespace, query).length };
  }

  async listWorkflowExecutions({ namespace, query }: { namespace: string; query: string }) {
    return { executions: this.running(namespace, query).map(({ id }) => ({ execution: { workflowId: id } })) };
  }

  async terminateWorkflowExecution({
    namespace,
    workflowExecution: { workflowId },
  }: {
    namespace: string;
    workflowExecution: { workflowId: string };
  }) {
    this.touched.push(`${namespace}:${workflowId}`);
    this.namespaces[namespace]!.workflows.find(({ id }) => id === workflowId)!.running = false;
  }

  private running(namespace: string, query: string): Workflow[] {
    const prefix = /STARTS_WITH '([^']*)'/.exec(query)?.[1] ?? '';
    return this.namespaces[namespace]!.workflows.filter(({ id, running }) => running && id.startsWith(prefix));
  }
}

const workflows = fc.uniqueArray(
  fc.record({
    id: fc.constantFrom('run-1/a', 'run-1/b', 'run-1/c', 'run-2/a', 'run-10/a', 'users'),
    running: fc.boolean(),
  }),
  { selector: ({ id }) => id },
);

test('P11, P12: cleaning up ends all that a run has in a shared namespace and touches nothing else; again, it does nothing', async () => {
  await fc.assert(
    fc.asyncProperty(workflows, workflows, async (shared, others) => {
      const server = new FakeServer({
        shared: { workflows: shared.map((one) => ({ ...one })) },
        other: { workflows: others.map((one) => ({ ...one })) },
      });
      const run = { runId: 'run-1', namespace: 'shared', ownsNamespace: false };
      const expected = shared
        .filter(({ id, running }) => running && id.startsWith('run-1/'))
        .map(({ id }) => `shared:${id}`);
      expect(await cleanUpRun(server.connection, run, false, 0)).toMatchObject({
        complete: true,
        terminated: expected.length,
        stillRunning: 0,
      });
      expect(server.touched.sort()).toEqual(expected.sort());
      expect(await cleanUpRun(server.connection, run, false, 0)).toMatchObject({ complete: true, terminated: 0 });
    }),
    { numRuns: 100 },
  );
});

test('R8.1: only a namespace with our prefix and the mark of this run is cleaned as a whole', async () => {
  const names = fc.constantFrom('benchmark-run-1', 'default', 'production');
  await fc.assert(
    fc.asyncProperty(
      names,
      fc.constantFrom(undefined, 'run-1', 'run-2'),
      workflows,
      async (namespace, owner, inside) => {
        const server = new FakeServer({ [namespace]: { owner, workflows: inside.map((one) => ({ ...one })) } });
        const result = await cleanUpRun(
          server.connection,
          { runId: 'run-1', namespace, ownsNamespace: true },
          false,
          0,
        );
        const isOurs = namespace === 'benchmark-run-1' && owner === 'run-1';
        const running = inside.filter((one) => one.running).length;
        expect(server.touched).toHaveLength(isOurs ? running : 0);
        if (namespace !== 'benchmark-run-1') expect(result.complete).toBe(false);
      },
    ),
    { numRuns: 100 },
  );
});
