import type { Argv } from 'yargs';
import { badConfiguration } from '../../cli/errors';
import { readSpec, withSpecOptions } from '../../cli/spec-options';
import { durationMs, parseDuration } from '../../spec/duration';
import { fieldNames } from '../../spec/table';
import { planOf } from '../../orchestrator/plan';
import { renderText } from '../../report/text';
import { clientsFor } from './clients';
import { readDeployment, withDeploymentOptions, type Deployment } from './deployment';
import { runEnvironment, type RunSettings } from './overrides';
import type { Options, Run } from './run';
import { runAsService } from './run-as-service';
import { runAsTask } from './run-as-task';

export const command = 'run-benchmark <env>';
export const describe =
  'Run a benchmark on ECS: scales the workers up, runs, and scales them to zero again; with --wait ends with its exit code';

/** The names that users of the original know. */
const ALIASES = { 'workflow-type': 'workload' } as const;

export function builder(yargs: Argv) {
  const text = (describe: string) => ({ type: 'string', requiresArg: true, describe }) as const;
  return withSpecOptions(withDeploymentOptions(yargs))
    .option('workflow-type', text('The same as --workload'))
    .option(
      'workers',
      text(
        "Load workers (tasks); each brings the deployment's generators_per_worker (default: as many as --lanes needs)",
      ),
    )
    .option(
      'address',
      text(
        'Run as one task that does everything, on this host:port (Cloud Map, an NLB, Temporal Cloud): a task that is started by hand is part of no service, so it has no Service Connect, and an alias such as temporal-frontend means nothing to it',
      ),
    )
    .option('control-address', text('With --address: the control server (default: the target itself)'))
    .option('workflow-id', text('Workflow id of the run (default: run-<time>)'))
    .option('wait', {
      type: 'boolean',
      default: false,
      describe: "Follow the run and end with the benchmark's own exit code",
    })
    .option('wait-timeout', { ...text('How long to wait for tasks to come up'), default: '15m' })
    .option('poll-every', { ...text('How often AWS is asked'), default: '5s' })
    .option('dry-run', { type: 'boolean', default: false, describe: 'Print what would be done, and do nothing' });
}

export async function handler(argv: Readonly<Record<string, unknown>>): Promise<number> {
  const given = { ...argv, ...aliased(argv) };
  const { spec } = readSpec(given, false, {});
  const deployment = readDeployment(argv);
  const settings = settingsOf(given);
  const options = optionsOf(
    argv,
    spec.lanes,
    planOf(spec).durationMs + durationMs(spec.completionTimeout ?? '1m'),
    deployment,
  );
  if (argv.dryRun) {
    process.stdout.write(`${dryRun(deployment, settings, options)}\n`);
    return 0;
  }
  const run: Run = settings.address === undefined ? runAsService : runAsTask;
  const { result, exitCode } = await run(clientsFor(deployment), deployment, settings, options);
  if (result) process.stdout.write(`${renderText(result)}\n`);
  return exitCode;
}

function aliased(argv: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const renamed = Object.entries(ALIASES).flatMap(([alias, field]) =>
    argv[alias] === undefined ? [] : [[field, argv[alias]]],
  );
  return Object.fromEntries(renamed) as Record<string, unknown>;
}

/** Only what was given: the defaults are the container's. */
function settingsOf(argv: Readonly<Record<string, unknown>>): RunSettings {
  const { input } = readSpec(argv, false, {});
  const now = new Date().toISOString().slice(0, 19).replace(/\D/g, '');
  const optional = (name: string) => (argv[name] === undefined ? undefined : String(argv[name]));
  return {
    workflowId: optional('workflowId') ?? `run-${now.slice(0, 8)}-${now.slice(8)}`,
    spec: Object.fromEntries(
      Object.entries(input).filter(([name]) => (fieldNames as readonly string[]).includes(name)),
    ),
    address: optional('address'),
    controlAddress: optional('controlAddress'),
  };
}

function optionsOf(
  argv: Readonly<Record<string, unknown>>,
  lanes: number,
  loadMs: number,
  { generators_per_worker: each, worker_count: most, tasks_per_instance, max_instances }: Deployment,
): Options {
  const workers = argv.workers === undefined ? Math.ceil(lanes / each) : Number(argv.workers);
  if (!Number.isInteger(workers) || workers < 1 || workers > most) {
    const nodes = `max_instances = ${max_instances} nodes hold ${tasks_per_instance} tasks each`;
    throw badConfiguration(
      `workers: ${JSON.stringify(argv.workers ?? workers)} is not allowed; the deployment allows 1 to ${most} (worker_count; ${nodes})`,
    );
  }
  if (workers * each < lanes) {
    throw badConfiguration(
      `lanes: ${lanes} are not allowed; ${workers} workers of ${each} generators run ${workers * each}`,
    );
  }
  const time = (name: string, flag: string) => {
    const ms = parseDuration(String(argv[name]));
    if (ms === undefined || ms <= 0)
      throw badConfiguration(`${flag}: ${JSON.stringify(argv[name])} is not allowed; give a duration such as 90s`);
    return ms;
  };
  return {
    workers,
    wait: argv.wait === true,
    upWithinMs: time('waitTimeout', 'wait-timeout'),
    everyMs: time('pollEvery', 'poll-every'),
    runWithinMs: loadMs + 15 * 60_000,
    say: (line) => void process.stderr.write(`${line}\n`),
  };
}

function dryRun(deployment: Deployment, settings: RunSettings, { workers }: Options): string {
  const how =
    settings.address === undefined
      ? [
          `scale ${deployment.load_service} to ${workers}`,
          `run on ${deployment.control_service}, then scale all to zero`,
        ]
      : [`run one task of ${deployment.run_task_definition} in ${deployment.cluster}`];
  return [...how, ...runEnvironment(settings).map(({ name, value }) => `  ${name}=${value}`)].join('\n');
}
