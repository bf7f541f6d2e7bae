import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { freePort } from '../../machine/embedded-server';
import { eventually } from './cli';
import { pipFolder } from './pip';

const MOTO = 'moto[server]==5.2.5';

/** moto, a mock of the AWS APIs, installed with pip into the project's cache. */
export class Moto {
  private constructor(
    private readonly child: ChildProcess,
    readonly endpoint: string,
  ) {}

  static async start(): Promise<Moto> {
    const port = await freePort();
    const env = { ...process.env, PYTHONPATH: pipFolder(MOTO) };
    const args = ['-m', 'moto.server', '-H', '127.0.0.1', '-p', String(port)];
    const child = spawn('python3', args, { stdio: 'ignore', env });
    const moto = new Moto(child, `http://127.0.0.1:${port}`);
    await eventually('moto', () =>
      fetch(`${moto.endpoint}/moto-api/`).then(
        ({ ok }) => ok,
        () => false,
      ),
    );
    return moto;
  }

  /** Environment variables that direct the AWS clients of a process to moto. */
  get environment(): Record<string, string> {
    return {
      AWS_ENDPOINT_URL: this.endpoint,
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_REGION: 'eu-west-1',
    };
  }

  /** Sets how many times a task is described before it enters its next state. */
  async tasksAdvanceEvery(times: number): Promise<void> {
    const transition = { progression: 'manual', times };
    await fetch(`${this.endpoint}/moto-api/state-manager/set-transition`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model_name: 'ecs::task', transition }),
    });
  }

  /** Starts an EC2 instance. Its identity document registers it as a container instance of a cluster. */
  async startInstance(): Promise<{ readonly subnet: string; readonly identityDocument: string }> {
    const subnets = await this.ec2({ Action: 'DescribeSubnets' });
    const instances = await this.ec2({ Action: 'RunInstances', ImageId: 'ami-12c6146b', MinCount: '1', MaxCount: '1' });
    const instanceId = /<instanceId>(.*?)</.exec(instances)![1];
    return { subnet: /<subnetId>(.*?)</.exec(subnets)![1]!, identityDocument: JSON.stringify({ instanceId }) };
  }

  private async ec2(query: Record<string, string>): Promise<string> {
    const scope = '20260101/eu-west-1/ec2/aws4_request';
    const response = await fetch(this.endpoint, {
      method: 'POST',
      headers: { authorization: `AWS4-HMAC-SHA256 Credential=test/${scope}, SignedHeaders=host, Signature=0` },
      body: new URLSearchParams({ ...query, Version: '2016-11-15' }),
    });
    return await response.text();
  }

  async stop(): Promise<void> {
    const exited = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    await exited;
  }
}
