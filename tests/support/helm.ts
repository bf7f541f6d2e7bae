import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { goProgram } from './go-programs';

export const CHART = join(__dirname, '..', '..', 'infra', 'helm', 'temporal-benchmark');
/** Helm as built from its module assumes a Kubernetes version that is older than the chart's minimum. */
const KUBERNETES = '1.34.0';

interface Variable {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: {
    readonly fieldRef?: { readonly fieldPath: string };
    readonly configMapKeyRef?: { readonly name: string; readonly key: string };
    readonly secretKeyRef?: { readonly name: string; readonly key: string };
  };
}

export interface Pod {
  readonly containers: readonly [
    { readonly args: readonly string[]; readonly env: readonly Variable[]; readonly volumeMounts: readonly object[] },
  ];
  readonly volumes: readonly { readonly name: string; readonly secret?: { readonly secretName: string } }[];
  readonly enableServiceLinks: boolean;
}

/** An object of Kubernetes, as far as tests read it. */
export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels: Readonly<Record<string, string>> };
  readonly data?: Readonly<Record<string, string>>;
  // Each kind has another spec; tests know which parts theirs has.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly spec?: any;
}

/** Runs helm with these values. Returns its exit code and output. */
export function helm(args: readonly string[], values: object = {}): { status: number | null; output: string } {
  const dir = mkdtempSync(join(tmpdir(), 'benchmark-helm-'));
  const file = join(dir, 'values.json');
  writeFileSync(file, JSON.stringify(values));
  const { status, stdout, stderr } = spawnSync(goProgram('helm'), [...args, '--values', file], { encoding: 'utf8' });
  rmSync(dir, { recursive: true, force: true });
  return { status, output: `${stdout}${stderr}` };
}

/** Returns the text of the objects that the chart has with these values. Throws if it refuses them. */
export function renderChart(values: object = {}): string {
  const { status, output } = helm(['template', 'nightly', CHART, '--kube-version', KUBERNETES], values);
  if (status !== 0) throw new Error(output);
  return output;
}

export function objectsOf(rendered: string): KubernetesObject[] {
  return parseAllDocuments(rendered).flatMap((document) => (document.toJS() as KubernetesObject | null) ?? []);
}

/** Returns the pod of a Deployment, Job, CronJob or Pod. */
export function podOf(object: KubernetesObject): Pod {
  const spec = (object.spec.jobTemplate?.spec ?? object.spec) as { template?: { spec: Pod } };
  return spec.template?.spec ?? (spec as unknown as Pod);
}

/**
 * Returns the environment that Kubernetes gives to the container of a pod: it resolves config maps and fields, and expands
 * `$(NAME)`. Throws for a reference that it cannot resolve.
 */
export function environmentOf(
  pod: Pod,
  objects: readonly KubernetesObject[],
  fields: Readonly<Record<string, string>>,
): Record<string, string> {
  const env: Record<string, string> = {};
  for (const { name, value, valueFrom } of pod.containers[0].env) {
    const map = valueFrom?.configMapKeyRef;
    const data = objects.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === map?.name)?.data;
    const found = value ?? fields[valueFrom?.fieldRef?.fieldPath ?? ''] ?? data?.[map?.key ?? ''];
    if (found === undefined) throw new Error(`${name}: cannot resolve ${JSON.stringify(valueFrom)}`);
    env[name] = found.replace(/\$\((\w+)\)/g, (whole, other: string) => env[other] ?? whole);
  }
  return env;
}
