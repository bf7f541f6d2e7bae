import type { Argv } from 'yargs';
import { checkFrontend } from '../temporal/check-frontend';
import { maxRateOf } from '../spec/max-rate';
import type { BenchmarkSpec } from '../spec/parse';
import type { FieldName } from '../spec/table';
import {
  metricsAddress,
  readConnections,
  withConnectionOptions,
  withMetricsOption,
  withServerMetricsOption,
  withTargetAsControl,
  type Connections,
} from './connection-options';
import { confirmTarget } from './confirm-target';
import { refuseWithoutEffect } from './effects';
import { embeddedTargetOptions, type EmbeddedTargetOptions } from './embedded-target';
import { badConfiguration } from './errors';
import { interruptible } from './interruption';
import { readRun, type Launch, type ReadLaunch } from './launch';
import { startLocally, startOnControl } from './launch-run';
import type { LocatedRun } from './locate';
import { readResult } from './read-result';
import { isSwitchedOn, readSetting } from './settings';
import { readTargetProfile, withSpecOptions } from './spec-options';

/** The metrics of a run with its own roles are scraped from other machines. */
const CONTAINER_METRICS = '0.0.0.0:9090';
const LOCAL_METRICS = '127.0.0.1:9090';

/** The terms of the help texts. */
const TERMS = `Terms:
  arrival    one scheduled workflow start
  lane       a share of the arrivals
  generator  a process that starts the workflows of one lane
  host       a worker process that runs the started workflows
  hold       a period at a constant rate, which gets a verdict; a staircase is a sequence of holds
  step       a ramp-up or a hold
  target     the Temporal cluster that is measured; without an address, an embedded server
  control    the Temporal server that runs the benchmark itself; without an address, an embedded server`;

type Flags = Readonly<Record<string, unknown>>;

/** @param hidden fields without effect, which the help does not show */
export function withStartOptions(yargs: Argv, hidden: readonly FieldName[] = []): Argv {
  const text = (describe: string) => ({ type: 'string', requiresArg: true, describe }) as const;
  return withMetricsOption(
    withServerMetricsOption(withConnectionOptions(withSpecOptions(yargs, true, hidden))),
    LOCAL_METRICS,
  )
    .option('db-filename', {
      ...text('Database file of the embedded target, which then survives a crash (default: in memory)'),
      group: 'Target:',
    })
    .option('dynamic-config-value', {
      ...text('Dynamic configuration of the embedded target as key=value, such as frontend.namespaceRPS=100'),
      array: true,
      group: 'Target:',
    })
    .option('workflow-id', text('Workflow ID of the run [BENCHMARK_WORKFLOW_ID] (default: run-<time>)'))
    .option('attach', {
      type: 'boolean',
      describe:
        'If a run with this --workflow-id exists, running or not, use it instead of starting another; for containers that are restarted [BENCHMARK_ATTACH] (default: false)',
    })
    .option('yes', {
      alias: 'y',
      type: 'boolean',
      default: false,
      describe: 'Send load to a target on another machine without asking',
    })
    .option('dry-run', { type: 'boolean', default: false, describe: 'Print the plan of the run, and start nothing' })
    .option(
      'measured',
      text(
        'With --dry-run: result.json of the same workload, to calculate the number of lanes or hosts (default: none)',
      ),
    )
    .epilogue(TERMS);
}

export interface Started {
  readonly run: LocatedRun;
  readonly connections: Connections;
}

/** What a command would start. Its configuration is checked, and nothing has been contacted. */
export interface CheckedRun {
  readonly launch: Launch;
  readonly connections: Connections;
  readonly embedded: EmbeddedTargetOptions;
  /** The address of the benchmark's own /metrics page. */
  readonly metrics: string;
  /** Whether this process runs the roles itself. */
  readonly withWorker: boolean;
  /** Use an existing run with the workflow ID. */
  readonly attach: boolean;
  /** The workflow ID that the user has set. */
  readonly givenId?: string;
}

interface StartOptions {
  /** What to start: a run, unless this reads something else. */
  readonly read?: ReadLaunch;
  /** A further check of the spec. */
  readonly check?: (spec: BenchmarkSpec) => void;
}

/** Checks the configuration of a run. Throws a configuration error if it is invalid. Contacts nothing. */
export function checkRun(argv: Flags, { read = readRun, check }: StartOptions = {}): CheckedRun {
  const withWorker = isSwitchedOn(argv, 'with-worker', 'BENCHMARK_WITH_WORKER');
  const targetProfile = readTargetProfile(argv);
  const given = readConnections({ ...argv, targetProfile }, process.env, withWorker);
  refuseWithoutEffect(
    {
      hasTarget: given.target !== undefined,
      hasControl: given.control !== undefined,
      runsRoles: withWorker,
      isDryRun: Boolean(argv.dryRun),
      hasTargetProfile: targetProfile !== undefined,
    },
    argv,
    process.env,
  );
  const attach = isSwitchedOn(argv, 'attach', 'BENCHMARK_ATTACH');
  const connections = withWorker && !given.control ? withTargetAsControl(given) : given;
  const givenId = readSetting(argv, 'workflow-id', ['BENCHMARK_WORKFLOW_ID'])?.value;
  if (attach && givenId === undefined) throw badConfiguration('--attach requires --workflow-id: the run to use');
  const launch = read(argv, !connections.target && !connections.control);
  checkRateLimit(launch);
  check?.(launch.spec);
  const embedded = embeddedTargetOptions(argv);
  const metrics = metricsAddress(argv, withWorker ? CONTAINER_METRICS : LOCAL_METRICS);
  return { launch, connections, embedded, metrics, withWorker, attach, givenId };
}

/** Checks the configuration and starts the run. Returns undefined after a dry run. Contacts nothing before it is checked. */
export async function startRun(argv: Flags, options: StartOptions = {}): Promise<Started | undefined> {
  const checked = checkRun(argv, options);
  if (!argv.dryRun) return await launchRun(checked, Boolean(argv.yes));
  const measured = argv.measured === undefined ? undefined : readResult('--measured', String(argv.measured));
  process.stdout.write(checked.launch.describe(checked.connections, measured));
  return undefined;
}

/** Returns what a run would do, for `--dry-run`. */
export function describeCheckedRun({ launch, connections }: CheckedRun): string {
  return launch.describe(connections);
}

/**
 * Starts a run that was checked.
 *
 * @param confirmed whether the user has agreed to send load to the target; otherwise the user is asked
 */
export async function launchRun(checked: CheckedRun, confirmed: boolean): Promise<Started> {
  const { launch, connections, embedded, metrics, withWorker, attach, givenId } = checked;
  const { target, connectTimeoutMs } = connections;
  if (target && !confirmed) await confirmTarget(target.address);
  // Check the target before anything is started on this machine.
  const seen = target && (await checkFrontend(target, connectTimeoutMs));
  const workflowId = givenId ?? defaultWorkflowId(launch.idPrefix);
  const start = { ...launch, workflowId, attach, seen, confirmed: confirmed || target !== undefined };
  const run = await interruptible((signal) =>
    connections.control
      ? startOnControl(connections, start, withWorker ? metrics : undefined, signal)
      : startLocally(connections, start, metrics, embedded, signal),
  );
  return { run, connections };
}

/** Returns a workflow ID with the time, e.g. `run-20260131-093000`. */
export function defaultWorkflowId(prefix: string): string {
  const digits = new Date().toISOString().slice(0, 19).replace(/\D/g, '');
  return `${prefix}-${digits.slice(0, 8)}-${digits.slice(8)}`;
}

/** BENCHMARK_MAX_RATE protects a target against a mistyped rate. Its value has been checked. */
function checkRateLimit({ peakRate }: Launch, env = process.env): void {
  const maxRate = maxRateOf(env);
  if (maxRate === undefined || peakRate <= maxRate) return;
  throw badConfiguration(
    `the rate ${peakRate}/s exceeds BENCHMARK_MAX_RATE; expected up to ${maxRate} workflow starts per second`,
  );
}
