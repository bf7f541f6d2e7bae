import { DescribeTasksCommand } from '@aws-sdk/client-ecs';
import { call, type Clients } from './clients';
import type { Deployment } from './deployment';

/** Returns the status, the times and the exit code of a task. ECS keeps a stopped task for about one hour. */
export async function describeTask({ ecs }: Clients, { cluster, container }: Deployment, id: string): Promise<string> {
  const { tasks = [] } = await call(`task ${id}`, () => ecs.send(new DescribeTasksCommand({ cluster, tasks: [id] })));
  const [task] = tasks;
  if (task === undefined) return `task ${id}: not in ${cluster} (ECS keeps stopped tasks for about one hour)`;
  const exitCode = task.containers?.find(({ name }) => name === container)?.exitCode;
  return [
    `task ${id}: ${task.lastStatus}`,
    ...(task.startedAt ? [`started ${task.startedAt.toISOString()}`] : []),
    ...(task.stoppedAt ? [`stopped ${task.stoppedAt.toISOString()}`] : []),
    ...(exitCode === undefined ? [] : [`exit code ${exitCode}`]),
    ...(task.stoppedReason ? [task.stoppedReason] : []),
  ].join(', ');
}
