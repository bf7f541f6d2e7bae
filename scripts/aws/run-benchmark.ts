import type { Argv } from 'yargs';
import { badConfiguration } from '../../cli/errors';
import { readSpec, withSpecOptions } from '../../cli/spec-options';
import { executorOf } from '../../spec/executor';
import { parseDuration } from '../../spec/duration';
import type { BenchmarkSpec } from '../../spec/parse';
import { fieldNames } from '../../spec/table';
import { planOf } from '../../orchestrator/plan';
import { renderText } from '../../report/text';
import { MEASURED_OPTION, measuredNeed, sizingNote } from './advice';
import { clientsFor } from './clients';
import { readDeployment, withDeploymentOptions, type Deployment } from './deployment';
import { runEnvironment, type RunSettings } from './overrides';
import type { Options, Run } from './run';
import { runAsService } from './run-as-service';
import { runAsTask } from './run-as-task';

export const command = 'run-benchmark <env>';
export const describe = 'Run a benchmark on ECS: scale the workers up, run, and scale them to zero';

/** Flags of the original project that the spec does not have, by the spec field with the same meaning. */
const ALIASES = { workflowType: 'workload' } as const;

export function builder(yargs: Argv) {
  const text = (describe: string) => ({ type: 'string', requiresArg: true, describe }) as const;
  return withSpecOptions(withDeploymentOptions(yargs), true)
    .option('workflow-type', text('Alias of --workload'))
    .option(
      'load-tasks',
      text(
        'Load worker tasks; each has generators_per_task generators (default: enough for --lanes, and one per host)',
      ),
    )
    .option(
      'address',
      text(
        'Run as one task with all roles against this host:port (Cloud Map, an NLB, Temporal Cloud). A task outside a service has no Service Connect, so an alias such as temporal-frontend does not resolve there',
      ),
    )
    .option('measured', MEASURED_OPTION)
    .option('control-address', text('With --address: host:port of the control server (default: the target)'))
    .option('workflow-id', text('Workflow id of the run (default: run-<time>)'))
    .option('wait', {
      type: 'boolean',
      default: false,
      describe: "Wait for the end of the run and exit with the benchmark's exit code",
    })
    .option('wait-timeout', { ...text('Longest wait for the tasks to start'), default: '15m' })
    .option('poll-every', { ...text('Interval between requests to AWS'), default: '5s' })
    .option('dry-run', { type: 'boolean', default: false, describe: 'Print the changes without making them' });
}

export async function handler(argv: Readonly<Record<string, unknown>>): Promise<number> {
  const deployment = readDeployment(argv);
  const given = withMeasuredNeed({ ...argv, ...aliased(argv) });
  const { spec } = readSpec(given, false, {});
  const settings = settingsOf(given);
  const options = optionsOf(argv, spec, deployment);
  const note = argv.measured === undefined ? sizingNote(planOf(spec).peakRate, spec) : undefined;
  if (note !== undefined) options.print(note);
  if (argv.dryRun) {
    process.stdout.write(`${dryRun(deployment, settings, options)}\n`);
    return 0;
  }
  const run: Run = settings.address === undefined ? runAsService : runAsTask;
  const { result, exitCode } = await run(clientsFor(deployment), deployment, settings, options);
  if (result) process.stdout.write(`${renderText(result)}\n`);
  return exitCode;
}

/** Sets `lanes` or `hosts` from --measured, unless the spec sets it. */
function withMeasuredNeed(argv: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { input, spec } = readSpec(argv, false, {});
  if (argv.measured === undefined) return argv;
  const need = measuredNeed(planOf(spec).peakRate, String(argv.measured), spec);
  const unset = Object.entries(need).filter(([name]) => input[name] === undefined);
  return { ...argv, ...Object.fromEntries(unset.map(([name, value]) => [name, String(value)])) };
}

function aliased(argv: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const given = Object.entries(ALIASES).filter(([alias]) => argv[alias] !== undefined);
  const repeated = given.find(([, field]) => argv[field] !== undefined);
  if (repeated) {
    const [alias, field] = repeated.map(flagNamed);
    throw badConfiguration(`${alias} is an alias of ${field}; give one of them`);
  }
  return Object.fromEntries(given.map(([alias, field]) => [field, argv[alias]]));
}

function flagNamed(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** Holds only the fields that were given; the container applies the defaults. */
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

function optionsOf(argv: Readonly<Record<string, unknown>>, spec: BenchmarkSpec, deployment: Deployment): Options {
  const time = (name: string) => {
    const ms = parseDuration(String(argv[name]));
    if (ms !== undefined && ms > 0) return ms;
    throw badConfiguration(`${flagNamed(name)} is ${JSON.stringify(argv[name])}; give a duration such as 90s`);
  };
  return {
    loadTasks: loadTasksOf(argv.loadTasks, spec, deployment),
    wait: argv.wait === true,
    startTimeoutMs: time('waitTimeout'),
    pollEveryMs: time('pollEvery'),
    runTimeoutMs: runTimeoutMs(spec),
    print: (line) => void process.stderr.write(`${line}\n`),
  };
}

/** The longest run: each step as often as allowed, its completions, and 15 minutes for setup, drain and report. */
export function runTimeoutMs(spec: BenchmarkSpec): number {
  const { durationMs, completionTimeoutMs, steps } = planOf(spec);
  return (durationMs + steps.length * completionTimeoutMs) * spec.stepAttempts + 15 * 60_000;
}

function loadTasksOf(given: unknown, spec: BenchmarkSpec, deployment: Deployment): number {
  const { lanes } = spec;
  const { generators_per_task: generators, load_task_count: most, tasks_per_instance, max_instances } = deployment;
  const forLanes = Math.ceil(lanes / generators);
  if (given !== undefined) {
    const tasks = Number(given);
    if (!Number.isInteger(tasks) || tasks < 1 || tasks > most) {
      throw badConfiguration(
        `--load-tasks is ${JSON.stringify(given)}; give 1 to ${most} (load_task_count in Terraform; ${max_instances} instances hold ${tasks_per_instance} tasks each)`,
      );
    }
    if (tasks >= forLanes) return tasks;
    throw badConfiguration(
      `${lanes} lanes need ${lanes} generators, and ${tasks} load worker tasks have ${tasks * generators}; raise --load-tasks or lower --lanes`,
    );
  }
  const hosts = executorOf(spec) === 'sdk' ? spec.hosts : 0;
  const tasks = Math.max(forLanes, hosts);
  if (tasks <= most) return tasks;
  throw badConfiguration(
    `${lanes} lanes${hosts > 0 ? ` and ${hosts} hosts` : ''} need ${tasks} load worker tasks, and the deployment allows ${most}; raise load_task_count in Terraform, or lower --lanes${hosts > 0 ? ' or --hosts' : ''}`,
  );
}

function dryRun(deployment: Deployment, settings: RunSettings, { loadTasks }: Options): string {
  const how =
    settings.address === undefined
      ? [
          `scale ${deployment.load_service} to ${loadTasks}`,
          `run on ${deployment.control_service}, then scale all services to zero`,
        ]
      : [`run one task of ${deployment.run_task_definition} in ${deployment.cluster}`];
  return [...how, ...runEnvironment(settings).map(({ name, value }) => `  ${name}=${value}`)].join('\n');
}
