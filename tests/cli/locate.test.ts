import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { NamespaceNotFoundError } from '@temporalio/common';
import { requireRun } from '../../cli/locate';

const finding = (described: { type: string } | Error) =>
  requireRun(
    {
      options: { namespace: 'benchmark-control' },
      workflow: {
        getHandle: () => ({
          describe: () => (described instanceof Error ? Promise.reject(described) : Promise.resolve(described)),
        }),
      },
    } as unknown as Client,
    'orders',
  );

test.each(['BenchmarkRun', 'CapacitySearch'])('a workflow of the type %s is a run', async (type) => {
  await expect(finding({ type })).resolves.toBeUndefined();
});

test.each([
  [{ type: 'OrderWorkflow' }, 'orders is not a run of this tool: it is a workflow of the type OrderWorkflow'],
  [
    new WorkflowNotFoundError('not found', 'orders', undefined),
    'there is no run orders in the namespace benchmark-control of the control server. To show the runs: benchmark list',
  ],
  [
    new NamespaceNotFoundError('benchmark-control'),
    'the namespace benchmark-control does not exist on the control server; see --control-namespace',
  ],
  [new Error('the connection broke'), 'the connection broke'],
])('what is not a run is refused in one sentence: %s', async (described, message) => {
  await expect(finding(described)).rejects.toThrow(message);
});
