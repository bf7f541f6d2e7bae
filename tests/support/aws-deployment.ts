import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  PutLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import {
  CreateCapacityProviderCommand,
  CreateClusterCommand,
  CreateServiceCommand,
  DescribeServicesCommand,
  DescribeTaskDefinitionCommand,
  ECSClient,
  ListTaskDefinitionsCommand,
  RegisterContainerInstanceCommand,
  RegisterTaskDefinitionCommand,
  type ContainerDefinition,
} from '@aws-sdk/client-ecs';
import type { Deployment } from '../../scripts/aws/deployment';
import { Moto } from './moto';

const SCRIPT = join(__dirname, '..', '..', 'scripts', 'aws.mjs');

function arnOf(role: string): string {
  return `arn:aws:ecs:eu-west-1:123456789012:task-definition/staging-benchmark-${role}:1`;
}

export const DEPLOYMENT: Deployment = {
  region: 'eu-west-1',
  cluster: 'temporal',
  capacity_provider: 'staging-benchmark',
  load_service: 'staging-benchmark-load',
  control_service: 'staging-benchmark-control',
  control_server_service: null,
  load_task_definition: arnOf('load'),
  control_task_definition: arnOf('control'),
  run_task_definition: arnOf('run'),
  container: 'benchmark',
  sidecar: null,
  enable_execute_command: false,
  subnets: ['subnet-1'],
  security_group: 'sg-1',
  log_group: '/ecs/staging-benchmark',
  load_task_count: 4,
  generators_per_task: 1,
  tasks_per_instance: 2,
  max_instances: 4,
};

const CONTAINERS: ContainerDefinition[] = [
  {
    name: 'benchmark',
    image: 'x:1',
    memory: 1024,
    environment: [
      { name: 'BENCHMARK_COMMAND', value: 'worker' },
      { name: 'TEMPORAL_ADDRESS', value: 'temporal-frontend:7233' },
    ],
  },
];

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the scripts against moto, which holds the resources that infra/terraform creates. */
export class AwsDeployment {
  readonly dir = mkdtempSync(join(tmpdir(), 'benchmark-aws-'));

  private constructor(
    readonly moto: Moto,
    readonly ecs: ECSClient,
    private readonly logs: CloudWatchLogsClient,
  ) {}

  static async start(): Promise<AwsDeployment> {
    const moto = await Moto.start();
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
    const options = { region: 'eu-west-1', endpoint: moto.endpoint, credentials };
    const made = new AwsDeployment(moto, new ECSClient(options), new CloudWatchLogsClient(options));
    await made.apply();
    return made;
  }

  /** Writes a file for --deployment and returns its path. */
  file(name: string, deployment: Deployment): string {
    const path = join(this.dir, name);
    writeFileSync(path, JSON.stringify(deployment));
    return path;
  }

  private async apply(): Promise<void> {
    const { ecs } = this;
    const cluster = DEPLOYMENT.cluster;
    await ecs.send(new CreateClusterCommand({ clusterName: cluster }));
    const { subnet, identityDocument } = await this.moto.startInstance();
    this.file('deployment.json', { ...DEPLOYMENT, subnets: [subnet] });
    await ecs.send(new RegisterContainerInstanceCommand({ cluster, instanceIdentityDocument: identityDocument }));
    const autoScalingGroupArn = 'arn:aws:autoscaling:eu-west-1:123456789012:autoScalingGroup:1:autoScalingGroupName/x';
    const provider = { name: DEPLOYMENT.capacity_provider, autoScalingGroupProvider: { autoScalingGroupArn } };
    await ecs.send(new CreateCapacityProviderCommand(provider));
    for (const role of ['load', 'control', 'run']) {
      const family = `staging-benchmark-${role}`;
      const taskDefinition = await this.newRevision(family);
      const service = { cluster, serviceName: family, taskDefinition, desiredCount: 0 };
      if (role !== 'run') await ecs.send(new CreateServiceCommand(service));
    }
    await this.logs.send(new CreateLogGroupCommand({ logGroupName: DEPLOYMENT.log_group }));
  }

  script(name: string, args: string[], env: Record<string, string> = {}) {
    const own = args.includes('--deployment') ? [] : ['--deployment', join(this.dir, 'deployment.json')];
    const child = spawn(process.execPath, [SCRIPT, name, 'staging', ...own, ...args], {
      cwd: this.dir,
      env: { PATH: process.env.PATH, HOME: this.dir, ...this.moto.environment, ...env },
    });
    const seen = { stdout: '', stderr: '' };
    child.stdout.on('data', (chunk: Buffer) => (seen.stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (seen.stderr += chunk.toString()));
    const ended = new Promise<Ended>((resolve) => child.once('close', (code) => resolve({ code, ...seen })));
    return { seen, ended, kill: (signal: NodeJS.Signals) => child.kill(signal) };
  }

  async log(stream: string, messages: readonly string[]): Promise<void> {
    const to = { logGroupName: DEPLOYMENT.log_group, logStreamName: stream };
    await this.logs.send(new CreateLogStreamCommand(to));
    const timestamp = Date.now();
    for (let i = 0; i < messages.length; i += 5000) {
      const logEvents = messages.slice(i, i + 5000).map((message) => ({ timestamp, message }));
      await this.logs.send(new PutLogEventsCommand({ ...to, logEvents }));
    }
  }

  async desired(): Promise<Record<string, number>> {
    const names = [DEPLOYMENT.load_service, DEPLOYMENT.control_service];
    const { services = [] } = await this.ecs.send(
      new DescribeServicesCommand({ cluster: 'temporal', services: names }),
    );
    return Object.fromEntries(services.map(({ serviceName, desiredCount }) => [serviceName!, desiredCount!]));
  }

  /** Returns the ARN of the task definition that a service runs. */
  async taskDefinitionOf(service: string): Promise<string> {
    const { services = [] } = await this.ecs.send(
      new DescribeServicesCommand({ cluster: DEPLOYMENT.cluster, services: [service] }),
    );
    return services[0]!.taskDefinition!;
  }

  /** Returns the active revisions that were registered for a run. */
  async taskDefinitionsWith(workflowId: string): Promise<string[]> {
    const { taskDefinitionArns = [] } = await this.ecs.send(new ListTaskDefinitionsCommand({ status: 'ACTIVE' }));
    const found: string[] = [];
    for (const arn of taskDefinitionArns) {
      const { taskDefinition } = await this.ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition: arn }));
      if (taskDefinition?.containerDefinitions?.[0]?.dockerLabels?.benchmark_run === workflowId) found.push(arn);
    }
    return found;
  }

  /** Registers a revision, as terraform apply does for a new image. */
  async newRevision(family: string): Promise<string> {
    const { taskDefinition } = await this.ecs.send(
      new RegisterTaskDefinitionCommand({ family, networkMode: 'awsvpc', containerDefinitions: CONTAINERS }),
    );
    return taskDefinition!.taskDefinitionArn!;
  }

  async stop(): Promise<void> {
    await this.moto.stop();
    rmSync(this.dir, { recursive: true, force: true });
  }
}
