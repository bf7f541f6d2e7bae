import { readFileSync } from 'node:fs';
import { cpus, hostname, totalmem } from 'node:os';
import type { MachineFacts } from '../../measurement/account/generator-audit';
import { containerMemory } from './container-memory';

type Environment = Readonly<Record<string, string | undefined>>;

const TIMEOUT_MS = 1000;
const IMDS = 'http://169.254.169.254';

let cached: Promise<MachineFacts> | undefined;

/** Returns the facts about this machine; reads them once per process. */
export async function machineFacts(): Promise<MachineFacts> {
  return await (cached ??= readMachineFacts(process.env));
}

/**
 * Reads facts about the machine and the container. In an ECS task it also calls the metadata endpoint of the task, and that
 * of the instance unless BENCHMARK_INSTANCE_TYPE is set; outside of ECS it calls no endpoint. Facts that cannot be read are
 * 'unknown'; a limit that is not set is null.
 */
export async function readMachineFacts(env: Environment): Promise<MachineFacts> {
  const task = env.ECS_CONTAINER_METADATA_URI_V4;
  const [taskFacts, instanceType] = task
    ? await Promise.all([
        json<{ Family?: string; Revision?: string }>(`${task}/task`),
        env.BENCHMARK_INSTANCE_TYPE || instanceTypeFrom(env.AWS_EC2_METADATA_SERVICE_ENDPOINT ?? IMDS),
      ])
    : [undefined, env.BENCHMARK_INSTANCE_TYPE || undefined];
  return {
    cpus: cpus().length,
    cpuQuota: cpuQuota(read('/sys/fs/cgroup/cpu.max')),
    memoryBytes: totalmem(),
    memoryLimitBytes: containerMemory()?.limitBytes ?? null,
    platform: `${process.platform}/${process.arch}`,
    node: process.versions.node,
    sdk: sdkVersion(),
    name: machineName(env),
    instanceType: instanceType ?? 'unknown',
    task: taskFacts?.Family ? `${taskFacts.Family}:${taskFacts.Revision ?? '?'}` : 'unknown',
  };
}

/**
 * Returns the name of the machine, which tells whether two generators shared one: BENCHMARK_MACHINE_NAME, the ID of the ECS
 * container instance, or the host name. In a pod or an ECS task, the host name is that of the pod or task, so the name is
 * 'unknown' if neither of the others is there.
 */
function machineName(env: Environment): string {
  if (env.BENCHMARK_MACHINE_NAME) return env.BENCHMARK_MACHINE_NAME;
  if (env.ECS_CONTAINER_METADATA_URI_V4) return containerInstance(env.ECS_CONTAINER_METADATA_FILE) ?? 'unknown';
  return env.KUBERNETES_SERVICE_HOST ? 'unknown' : hostname();
}

/** Returns the ID of the container instance from the file that the ECS agent writes with ECS_ENABLE_CONTAINER_METADATA. */
function containerInstance(file: string | undefined): string | undefined {
  const [, arn] = /"ContainerInstanceARN"\s*:\s*"([^"]+)"/.exec(file ? read(file) : '') ?? [];
  return arn?.split('/').at(-1);
}

/** Returns the number of cores that the container may use, from cgroup v2's `quota period`; null without a quota. */
export function cpuQuota(text: string): number | null {
  const [quota, period] = text.trim().split(/\s+/).map(Number);
  return quota && period ? quota / period : null;
}

function sdkVersion(): string {
  const file = require.resolve('@temporalio/client/package.json');
  const { version } = JSON.parse(readFileSync(file, 'utf8')) as { version: string };
  return `@temporalio/client ${version}`;
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

async function json<T>(url: string): Promise<T | undefined> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    return response.ok ? ((await response.json()) as T) : undefined;
  } catch {
    return undefined;
  }
}

/** Returns the instance type from the EC2 instance metadata service, version 2, which requires a token. */
async function instanceTypeFrom(endpoint: string): Promise<string | undefined> {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  try {
    const headers = { 'X-aws-ec2-metadata-token-ttl-seconds': '60' };
    const token = await fetch(`${endpoint}/latest/api/token`, { method: 'PUT', headers, signal });
    if (!token.ok) return undefined;
    const type = await fetch(`${endpoint}/latest/meta-data/instance-type`, {
      headers: { 'X-aws-ec2-metadata-token': await token.text() },
      signal,
    });
    return type.ok ? (await type.text()).trim() : undefined;
  } catch {
    return undefined;
  }
}
