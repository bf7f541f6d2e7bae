import { DescribeTasksCommand, RunTaskCommand, type Task } from '@aws-sdk/client-ecs';
import { CliError } from '../../cli/errors';
import type { BenchmarkResult } from '../../report/result-schema';
import { call } from './clients';
import { RUN_COMMAND, runEnvironment } from './overrides';
import { readResults } from './results';
import { tooLate, type Run } from './run';
import { pause } from './pause';

/** One task that does everything, by an address that needs no Service Connect. */
export const runAsTask: Run = async (
  clients,
  deployment,
  settings,
  { wait, everyMs, runWithinMs, upWithinMs, say },
) => {
  const { ecs } = clients;
  const { cluster, container } = deployment;
  const startedAt = Date.now();
  const { tasks = [], failures = [] } = await call(`starting a task in ${cluster}`, () =>
    ecs.send(
      new RunTaskCommand({
        cluster,
        taskDefinition: deployment.run_task_definition,
        count: 1,
        capacityProviderStrategy: [{ capacityProvider: deployment.capacity_provider, weight: 1 }],
        networkConfiguration: {
          awsvpcConfiguration: { subnets: deployment.subnets, securityGroups: [deployment.security_group] },
        },
        overrides: {
          containerOverrides: [
            { name: container, command: [...RUN_COMMAND, '30s'], environment: runEnvironment(settings) },
          ],
        },
        startedBy: settings.workflowId.slice(0, 36),
        propagateTags: 'TASK_DEFINITION',
      }),
    ),
  );
  const arn = tasks[0]?.taskArn;
  if (arn === undefined) {
    const reasons = failures.map(({ reason, detail }) => `${reason}${detail ? ` (${detail})` : ''}`);
    throw new CliError(`ECS could not place the task: ${reasons.join('; ') || 'it gave no reason'}`);
  }
  const id = arn.split('/').at(-1)!;
  say(`task ${id}, run ${settings.workflowId}`);
  if (!wait) return { exitCode: 0 };
  let said = '';
  for (;;) {
    const { tasks: seen = [] } = await call(`task ${id}`, () =>
      ecs.send(new DescribeTasksCommand({ cluster, tasks: [arn] })),
    );
    const task = seen[0];
    const state = task?.lastStatus ?? 'MISSING';
    if (state !== said) say(`  ${(said = state)}`);
    if (task && state === 'STOPPED') {
      const results = await readResults(clients, deployment, {
        sinceMs: startedAt,
        streamPrefix: `run/${container}/${id}`,
      });
      const result = results.at(-1);
      return { result, exitCode: exitCodeOf(task, container, result) };
    }
    if (Date.now() - startedAt > upWithinMs + runWithinMs) throw tooLate(`task ${id}`, upWithinMs + runWithinMs);
    await pause(everyMs);
  }
};

/** The container's own; a task without one never came to run it, and ECS says why. */
function exitCodeOf({ containers = [], stoppedReason }: Task, name: string, result?: BenchmarkResult): number {
  const container = containers.find((one) => one.name === name);
  const exitCode = container?.exitCode ?? result?.exitCode;
  if (exitCode !== undefined) return exitCode;
  throw new CliError(
    `the task ended without having run: ${container?.reason ?? stoppedReason ?? 'ECS gave no reason'}`,
  );
}
