import { readFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import type { MachineFacts } from '../../measurement/account/generator-audit';

type Environment = Readonly<Record<string, string | undefined>>;

const ANSWER_WITHIN_MS = 1000;
const IMDS = 'http://169.254.169.254';

let known: Promise<MachineFacts> | undefined;

/** Where this process runs; read once. */
export async function machineFacts(): Promise<MachineFacts> {
  return await (known ??= readMachineFacts(process.env));
}

/**
 * What can be read of the machine, its container and, in a task of ECS, of both from their metadata endpoints. Outside of
 * ECS no endpoint is asked. What cannot be read is 'unknown', or null for a limit that is not set.
 */
export async function readMachineFacts(env: Environment): Promise<MachineFacts> {
  const task = env.ECS_CONTAINER_METADATA_URI_V4;
  const [taskFacts, instanceType] = task
    ? await Promise.all([
        json<{ Family?: string; Revision?: string }>(`${task}/task`),
        instanceTypeFrom(env.AWS_EC2_METADATA_SERVICE_ENDPOINT ?? IMDS),
      ])
    : [undefined, undefined];
  return {
    cpus: cpus().length,
    cpuQuota: cpuQuota(read('/sys/fs/cgroup/cpu.max')),
    memoryBytes: totalmem(),
    memoryLimitBytes: Number(read('/sys/fs/cgroup/memory.max')) || null,
    platform: `${process.platform}/${process.arch}`,
    node: process.versions.node,
    sdk: sdkVersion(),
    instanceType: instanceType ?? 'unknown',
    task: taskFacts?.Family ? `${taskFacts.Family}:${taskFacts.Revision ?? '?'}` : 'unknown',
  };
}

/** Cores that the container may use, from cgroup v2's `quota period`; null where it may use all. */
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
    const response = await fetch(url, { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
    return response.ok ? ((await response.json()) as T) : undefined;
  } catch {
    return undefined;
  }
}

/** By version 2 of the instance's metadata service, which wants a token first. */
async function instanceTypeFrom(endpoint: string): Promise<string | undefined> {
  const signal = AbortSignal.timeout(ANSWER_WITHIN_MS);
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
