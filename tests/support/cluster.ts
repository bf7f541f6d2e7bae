import { spawnSync } from 'node:child_process';
import { Client } from '@temporalio/client';
import { findServerBinary } from '../../machine/server-binary';
import { CONTROL_NAMESPACE } from '../../orchestrator/names';
import type { BenchmarkResult } from '../../report/result-schema';
import { awaitOutcome, type RunOutcome } from '../../machine/outcome';
import { Home, type Command } from './cli';
import { TestFrontend } from './frontend';
import { startTestServer, type TestServer } from './server';

/** A control server with a machine's worker, and a target: what a team would set up, on loopback. */
export class Cluster {
  private constructor(
    readonly frontend: TestFrontend | undefined,
    readonly control: TestServer,
    readonly target: TestServer,
    readonly home: Home,
    readonly worker: Command,
    private readonly temporal: string,
  ) {}

  static async start({
    generators = 2,
    targetConfig = [] as string[],
    controlConfig = [] as string[],
    withFrontend = false,
    env = {},
  } = {}): Promise<Cluster> {
    const [control, target] = await Promise.all([
      startTestServer({ dynamicConfig: controlConfig }),
      startTestServer({ dynamicConfig: targetConfig }),
    ]);
    const home = new Home();
    // Between the tool and its target, where a test wants to interfere.
    const frontend = withFrontend ? await TestFrontend.start(target.address) : undefined;
    const address = frontend?.address ?? target.address;
    const args = [
      'worker',
      '--generators',
      String(generators),
      '--control-address',
      control.address,
      '--address',
      address,
    ];
    const worker = home.run(args, env);
    await worker.says(/"message":"ready".*"roles"/);
    return new Cluster(frontend, control, target, home, worker, await findServerBinary());
  }

  get client(): Client {
    return new Client({ connection: this.control.connection, namespace: CONTROL_NAMESPACE });
  }

  /** The worker's role processes, by name: the children of its supervisor, as its log tells. */
  get roles(): Record<string, number> {
    return Object.fromEntries(['control', 'generator', 'host'].map((role) => [role, this.pidsOf(role)[0]!]));
  }

  pidsOf(role: string): number[] {
    const ready = this.worker.stderr.matchAll(new RegExp(`"message":"ready","pid":(\\d+),"role":"${role}"`, 'g'));
    return [...ready].map(([, pid]) => Number(pid));
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

  async start(workflowId: string, input: object): Promise<void> {
    await this.client.workflow.start('BenchmarkRun', { workflowId, taskQueue: 'benchmark-control', args: [input] });
  }

  async outcome(workflowId: string): Promise<RunOutcome> {
    return await awaitOutcome(this.client, workflowId, { failWhenStuck: true });
  }

  async benchmark(workflowId: string, input: object): Promise<BenchmarkResult> {
    await this.start(workflowId, input);
    const { result, error } = await this.outcome(workflowId);
    if (!result) throw new Error(error);
    return result;
  }

  /** How many of a namespace's workflows match, by the target server itself. */
  async count(namespace: string, query = ''): Promise<number> {
    const { count } = await this.target.connection.workflowService.countWorkflowExecutions({ namespace, query });
    return Number(count);
  }

  async stop(): Promise<void> {
    this.worker.kill('SIGTERM');
    await this.worker.ended;
    await this.home.leave();
    this.frontend?.close();
    await Promise.all([this.control.close(), this.target.close()]);
  }
}
