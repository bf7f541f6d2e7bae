import { spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from '@temporalio/client';
import { lanesOf, snapshotOf } from '../../activities/observe/lane-heartbeats';
import { freePort, type EmbeddedServerOptions } from '../../machine/embedded-server';
import { findServerBinary } from '../../machine/server-binary';
import { progressQuery } from '../../orchestrator/messages';
import { CONTROL_NAMESPACE } from '../../orchestrator/names';
import type { BenchmarkResult } from '../../report/result-schema';
import { awaitRun, type RunOutcome } from '../../machine/await-run';
import { eventually, Home, type Command } from './cli';
import { onEnd } from './leftovers';
import { TestFrontend, type FrontendOptions } from './frontend';
import { TcpProxy } from './tcp-proxy';
import { startTestServer, type TestServer } from './server';
import { lanes } from './variant';

export interface ClusterOptions {
  /** Generator processes if a run has one lane; each further lane has one more. */
  readonly generators?: number;
  /** The roles of the first worker. */
  readonly roles?: string;
  readonly targetConfig?: readonly string[];
  readonly controlConfig?: readonly string[];
  /** Keeps the target's state in a file, so that it can be stopped and started. */
  readonly targetOnDisk?: boolean;
  /** Puts a frontend between the tool and its target, where a test wants to interfere with calls. */
  readonly withFrontend?: boolean | FrontendOptions;
  /** Puts a network between the tool and its target that a test can break. */
  readonly withNetwork?: boolean;
  /** Puts a network between the workers and the control server that a test can slow down. */
  readonly withControlNetwork?: boolean;
  /** Has the target serve its own metrics, on this port where one is given, and the workers read them. */
  readonly withMetrics?: boolean | number;
  readonly env?: Record<string, string>;
}

/** A control server with a machine's worker, and a target: what a team would set up, on loopback. */
export class Cluster {
  readonly home = new Home();
  readonly workers: Command[] = [];
  frontend: TestFrontend | undefined;
  network: TcpProxy | undefined;
  controlNetwork: TcpProxy | undefined;

  private constructor(
    readonly control: TestServer,
    public target: TestServer,
    private readonly targetOptions: Partial<EmbeddedServerOptions>,
    private readonly temporal: string,
    private readonly env: Record<string, string>,
  ) {}

  static async start({ generators = 2, roles = 'control,generator,host', ...options }: ClusterOptions = {}) {
    const dir = mkdtempSync(join(tmpdir(), 'benchmark-target-'));
    const { withMetrics } = options;
    const metricsPort = withMetrics === true ? await freePort() : withMetrics || undefined;
    const targetOptions = {
      dynamicConfig: options.targetConfig,
      ...(metricsPort === undefined ? {} : { metricsPort }),
      ...(options.targetOnDisk ? { databaseFile: join(dir, 'target.db') } : {}),
    };
    const [control, target] = await Promise.all([
      startTestServer({ dynamicConfig: options.controlConfig }),
      startTestServer(targetOptions),
    ]);
    const cluster = new Cluster(control, target, targetOptions, await findServerBinary(), options.env ?? {});
    if (options.withFrontend) {
      const frontend = options.withFrontend === true ? {} : options.withFrontend;
      cluster.frontend = await TestFrontend.start(target.address, frontend);
    }
    if (options.withNetwork) cluster.network = await TcpProxy.start(target.address);
    if (options.withControlNetwork) cluster.controlNetwork = await TcpProxy.start(control.address);
    await cluster.addWorker(roles, generators + lanes - 1);
    return cluster;
  }

  /** The first worker. */
  get worker(): Command {
    return this.workers[0]!;
  }

  /** Another machine's worker, by default with a generator per lane; resolves when its roles poll. */
  async addWorker(roles: string, generators = lanes): Promise<Command> {
    const { frontend, network, control, controlNetwork, target } = this;
    const { metricsPort } = this.targetOptions;
    const args = [
      ...['worker', '--roles', roles],
      ...(roles.includes('generator') ? ['--generators', String(generators)] : []),
      ...['--control-address', controlNetwork?.address ?? control.address],
      ...['--address', frontend?.address ?? network?.address ?? target.address],
      ...(metricsPort === undefined || 'BENCHMARK_SERVER_PROMETHEUS' in this.env
        ? []
        : ['--server-metrics', `http://127.0.0.1:${metricsPort}/metrics`]),
    ];
    const worker = this.home.run(args, this.env);
    this.workers.push(worker);
    await worker.says(/"message":"ready".*"roles"/);
    return worker;
  }

  /** The target's process is killed; what it had is on disk. */
  async stopTarget(): Promise<void> {
    process.kill(this.target.pid, 'SIGKILL');
    await this.target.exited;
  }

  async startTarget(): Promise<void> {
    const port = Number(this.target.address.split(':').at(-1));
    await this.target.connection.close();
    this.target = await startTestServer({ ...this.targetOptions, port });
  }

  /** The port of the target's own metrics; undefined if it serves none. */
  get metricsPort(): number | undefined {
    return this.targetOptions.metricsPort;
  }

  get client(): Client {
    return new Client({ connection: this.control.connection, namespace: CONTROL_NAMESPACE });
  }

  /** The worker's role processes, by name: the children of its supervisor, as its log tells. */
  get roles(): Record<string, number> {
    return Object.fromEntries(['control', 'generator', 'host'].map((role) => [role, this.pidsOf(role)[0]!]));
  }

  pidsOf(role: string, worker = this.worker): number[] {
    const ready = worker.stderr.matchAll(new RegExp(`"message":"ready","pid":(\\d+),"role":"${role}"`, 'g'));
    return [...ready].map(([, pid]) => Number(pid));
  }

  /** The processes that execute load workflows, as a worker's log tells. */
  hostPids(worker = this.worker): number[] {
    return [...worker.stderr.matchAll(/"message":"host started","pid":(\d+)/g)].map(([, pid]) => Number(pid));
  }

  async phase(run: string): Promise<string> {
    return (await this.client.workflow.getHandle(run).query(progressQuery)).phase;
  }

  /** Until the first ramp and hold of a run have so many arrivals behind them, by their generators' own heartbeats. */
  async loading(run: string, scheduled = 30): Promise<void> {
    await eventually('the load', async () => {
      const steps = [0, 1].map((index) =>
        lanesOf(this.control.connection, CONTROL_NAMESPACE, `${run}/step-${index + 1}-1`).then(
          (lanes) => snapshotOf(lanes, index),
          () => undefined,
        ),
      );
      return (await Promise.all(steps)).reduce((sum, step) => sum + (step?.ledger.scheduled ?? 0), 0) > scheduled;
    });
  }

  /** The generator process that has the lane of a step, by what the control server knows. */
  async busyGenerator(stepWorkflowId: string): Promise<number> {
    const { raw } = await this.client.workflow.getHandle(stepWorkflowId).describe();
    const lane = raw.pendingActivities?.find((activity) => activity.activityType?.name === 'generateLoad');
    return Number(lane!.lastWorkerIdentity!.split(':').at(-1));
  }

  /** The official command line, as a user of it would start a run. */
  temporalCli(...args: string[]): { status: number | null; stdout: string; stderr: string } {
    const connection = ['--address', this.control.address, '--namespace', CONTROL_NAMESPACE];
    return spawnSync(this.temporal, [...args, ...connection], { encoding: 'utf8', maxBuffer: 2 ** 26 });
  }

  async start(workflowId: string, input: object, memo?: object): Promise<void> {
    const options = { workflowId, taskQueue: 'benchmark-control', args: [input], ...(memo && { memo: { ...memo } }) };
    await this.client.workflow.start('BenchmarkRun', options);
  }

  async outcome(workflowId: string): Promise<RunOutcome> {
    return await awaitRun(this.client, workflowId, { failWhenStuck: true });
  }

  async benchmark(workflowId: string, input: object): Promise<BenchmarkResult> {
    await this.start(workflowId, input);
    return await this.ended(workflowId);
  }

  /** The result of a run, once it has ended. */
  async ended(workflowId: string): Promise<BenchmarkResult> {
    const { result, error } = await this.outcome(workflowId);
    if (!result) throw new Error(error);
    return result;
  }

  /** How many of a namespace's workflows match, by the target server itself. */
  async count(namespace: string, query = ''): Promise<number> {
    const { count } = await this.target.connection.workflowService.countWorkflowExecutions({ namespace, query });
    return Number(count);
  }

  readonly stop = onEnd(async () => {
    for (const worker of this.workers) worker.kill('SIGTERM');
    await Promise.all(this.workers.map((worker) => worker.ended));
    await this.home.leave();
    await Promise.all([this.frontend?.close(), this.network?.close(), this.controlNetwork?.close()]);
    await Promise.all([this.control.close(), this.target.close()]);
  });
}
