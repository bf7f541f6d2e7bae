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
import { embeddedTargetOptions } from './embedded-target';
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

/**
 * Checks the configuration and starts the run. Returns undefined after a dry run. Contacts nothing before it is checked.
 *
 * @param options what to start, a run unless `read` reads something else; and a further check of the spec
 */
export async function startRun(
  argv: Flags,
  { read = readRun, check }: { read?: ReadLaunch; check?: (spec: BenchmarkSpec) => void } = {},
): Promise<Started | undefined> {
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
  if (argv.dryRun) {
    const measured = argv.measured === undefined ? undefined : readResult('--measured', String(argv.measured));
    process.stdout.write(launch.describe(connections, measured));
    return undefined;
  }
  const { target, connectTimeoutMs } = connections;
  if (target && !argv.yes) await confirmTarget(target.address);
  // Check the target before anything is started on this machine.
  const seen = target && (await checkFrontend(target, connectTimeoutMs));
  const workflowId = givenId ?? defaultWorkflowId(launch.idPrefix);
  const start = { ...launch, workflowId, attach, seen, confirmed: Boolean(argv.yes) || target !== undefined };
  const run = await interruptible((signal) =>
    connections.control
      ? startOnControl(connections, start, withWorker ? metrics : undefined, signal)
      : startLocally(connections, start, metrics, embedded, signal),
  );
  return { run, connections };
}

function defaultWorkflowId(prefix: string): string {
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
