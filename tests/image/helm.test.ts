import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../machine/embedded-server';
import { fromLogLines } from '../../machine/log-lines';
import { EXIT } from '../../report/exit-codes';
import type { BenchmarkResult } from '../../report/result-schema';
import { eventually, Home } from '../support/cli';
import { describeWithGo } from '../support/go-programs';
import { CHART, environmentOf, helm, objectsOf, podOf, renderChart } from '../support/helm';
import { imageEnvironment } from '../support/image-environment';
import { testNeeding } from '../support/needs';
import { canPip, runPip } from '../support/pip';
import { expectSoundAccount } from '../support/result';
import { startTestServer } from '../support/server';

// The first test builds helm, which takes minutes once.
jest.setTimeout(900_000);

const MAIN = join(__dirname, '..', '..', 'dist', 'cli', 'main.js');
const UID = '6b1d4a0e-9a4e-4d0f-8a37-2f3a5f1f7c11';
const NODE = 'node-7';
const FIELDS = { "metadata.labels['batch.kubernetes.io/controller-uid']": UID, 'spec.nodeName': NODE };

/** One set of values for each kind of installation. */
const VALUES: Record<string, object> = {
  'default values': {},
  'an external control cluster': { control: { address: 'control:7233', apiKey: { existingSecret: 'control-key' } } },
  'TLS and an API key': {
    target: {
      address: 'target:7233',
      tls: { existingSecret: 'target-tls', serverName: 'temporal' },
      apiKey: { existingSecret: 'target-key' },
    },
  },
  'a ServiceMonitor': { metrics: { serviceMonitor: { enabled: true, additionalLabels: { release: 'prometheus' } } } },
  'a PodMonitor': { metrics: { podMonitor: { enabled: true, additionalLabels: { release: 'prometheus' } } } },
  'a CronJob': { run: { schedule: '0 3 * * *', spec: { rate: 50, duration: '5m' }, ttlSecondsAfterFinished: 3600 } },
  'everything else': {
    load: { instanceType: 'm7g.large', additionalEnv: [{ name: 'BENCHMARK_MAX_RATE', value: '200' }] },
    server: {
      metrics: ['http://10.0.0.1:9090/metrics', 'http://10.0.0.2:9090/metrics'],
      prometheus: { url: 'https://prometheus:9090', selector: 'cluster="prod"', existingSecret: 'prometheus-token' },
    },
    imagePullSecrets: [{ name: 'registry' }],
    serviceAccount: { annotations: { 'eks.amazonaws.com/role-arn': 'arn:aws:iam::123456789012:role/benchmark' } },
    nodeSelector: { pool: 'benchmark' },
    tolerations: [{ key: 'benchmark', operator: 'Exists', effect: 'NoSchedule' }],
    podAnnotations: { team: 'platform' },
    podLabels: { team: 'platform' },
    extraObjects: [{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: '{{ .Release.Name }}-extra' }, data: {} }],
  },
};

function kinds(values: object): string[] {
  return objectsOf(renderChart(values)).map(({ kind, metadata }) => `${kind} ${metadata.name}`);
}

describeWithGo('the Helm chart', ['helm'], () => {
  test('helm lint accepts the chart, and refuses a value that does not exist', () => {
    expect(helm(['lint', '--strict', CHART])).toMatchObject({ status: 0 });
    const { status, output } = helm(['lint', '--strict', CHART], { load: { replica: 3 } });
    expect([status, output]).toEqual([1, expect.stringMatching(/'replica' not allowed/)]);
  });

  testNeeding(canPip, 'pip').each(Object.keys(VALUES))(
    "with %s, every object fits the schemas of Kubernetes's oldest and newest supported version",
    (name) => {
      const dir = mkdtempSync(join(tmpdir(), 'benchmark-objects-'));
      const rendered = renderChart(VALUES[name]);
      // Its schema is that of the Prometheus Operator, in a test of its own.
      const documents = rendered.split(/^---$/m).filter((text) => /kind: (?!ServiceMonitor|PodMonitor)/.test(text));
      const write = (text: string) => writeFileSync(join(dir, 'objects.yaml'), text);
      write(documents.join('---\n'));
      for (const version of ['1.31', '1.37']) {
        const { status, output } = validate(version, dir);
        expect([status, output]).toEqual([0, expect.stringContaining('deployment/')]);
      }
      write(documents.join('---\n').replace('replicas:', 'replica:'));
      expect(validate('1.37', dir).status).not.toBe(0);
      rmSync(dir, { recursive: true });
    },
  );

  test('the placement, labels and annotations of the values reach every pod; only load workers avoid other pods', () => {
    const objects = objectsOf(renderChart(VALUES['everything else'])).filter(({ kind }) =>
      ['Deployment', 'Job', 'Pod'].includes(kind),
    );
    expect(objects.length).toBe(4);
    for (const object of objects) {
      const pod = podOf(object) as unknown as Record<string, unknown>;
      const [name] = [object.metadata.labels['app.kubernetes.io/component']];
      expect([name, pod.nodeSelector]).toEqual([name, { pool: 'benchmark' }]);
      expect(pod.tolerations).toEqual([{ key: 'benchmark', operator: 'Exists', effect: 'NoSchedule' }]);
      expect(pod.imagePullSecrets).toEqual([{ name: 'registry' }]);
      expect([name, 'affinity' in pod, 'topologySpreadConstraints' in pod]).toEqual([
        name,
        name === 'load',
        name === 'load',
      ]);
      const template = object.spec.template?.metadata;
      if (template) expect(template).toMatchObject({ labels: { team: 'platform' }, annotations: { team: 'platform' } });
    }
  });

  test('there are a control worker, load workers, and a Job per upgrade or a CronJob', () => {
    const name = 'nightly-temporal-benchmark';
    const workers = [`Deployment ${name}-control`, `Deployment ${name}-load`];
    expect(kinds({})).toEqual(expect.arrayContaining([...workers, `Job ${name}-run-1`, `ConfigMap ${name}-spec`]));
    expect(kinds(VALUES['a CronJob']!)).toEqual(expect.arrayContaining([...workers, `CronJob ${name}-run`]));
    expect(kinds({ run: { enabled: false } }).filter((one) => /Job|ConfigMap/.test(one))).toEqual([]);
    expect(kinds(VALUES['everything else']!)).toContain('ConfigMap nightly-extra');
  });

  test('every pod has a memory limit that equals its request, a read-only file system, and time to drain', () => {
    const objects = objectsOf(renderChart(VALUES['TLS and an API key'])).filter(({ kind }) =>
      ['Deployment', 'Job', 'Pod'].includes(kind),
    );
    expect(objects.map(({ kind }) => kind).sort()).toEqual(['Deployment', 'Deployment', 'Job', 'Pod']);
    for (const object of objects) {
      const pod = podOf(object);
      const [container] = pod.containers as unknown as [
        { resources: { requests: { memory: string }; limits: object }; securityContext: object },
      ];
      expect(container.resources.limits).toEqual(container.resources.requests);
      expect(container.resources.requests.memory).toMatch(/^\d+[MG]i$/);
      expect(container.securityContext).toMatchObject({
        readOnlyRootFilesystem: true,
        allowPrivilegeEscalation: false,
      });
      // Kubernetes would add a variable BENCHMARK_… for a service with such a name, which the tool refuses.
      expect(pod).toMatchObject({ enableServiceLinks: false, terminationGracePeriodSeconds: 120 });
    }
  });

  test('secrets are only referred to, and the control cluster has those of the target unless it has its own', () => {
    const pods = (values: object) =>
      objectsOf(renderChart(values))
        .filter(({ kind }) => ['Deployment', 'Job', 'Pod'].includes(kind))
        .map(podOf);
    for (const { containers, volumes } of pods(VALUES['TLS and an API key']!)) {
      const env = new Map(containers[0].env.map((variable) => [variable.name, variable]));
      for (const prefix of ['TEMPORAL', 'BENCHMARK_CONTROL']) {
        expect(env.get(`${prefix}_API_KEY`)).toEqual({
          name: `${prefix}_API_KEY`,
          valueFrom: { secretKeyRef: { name: 'target-key', key: 'api-key' } },
        });
        expect(env.get(`${prefix}_ADDRESS`)?.value).toBe('target:7233');
        const dir = prefix.toLowerCase().replace('_', '-');
        expect(env.get(`${prefix}_TLS_CLIENT_KEY_PATH`)?.value).toBe(`/etc/benchmark/${dir}/tls.key`);
        const volume = volumes.find(({ name }) => name === `${dir}-tls`);
        expect(volume?.secret?.secretName).toBe('target-tls');
        expect(containers[0].volumeMounts).toContainEqual({
          name: `${dir}-tls`,
          mountPath: `/etc/benchmark/${dir}`,
          readOnly: true,
        });
      }
    }
    for (const { containers } of pods(VALUES['an external control cluster']!)) {
      const env = new Map(containers[0].env.map((variable) => [variable.name, variable]));
      expect(env.get('BENCHMARK_CONTROL_ADDRESS')?.value).toBe('control:7233');
      expect(env.get('BENCHMARK_CONTROL_API_KEY')?.valueFrom?.secretKeyRef?.name).toBe('control-key');
      expect(env.has('TEMPORAL_API_KEY')).toBe(false);
    }
  });

  test('a Job is not repeated for an exit code that is a result of the run, and continues its run otherwise', () => {
    const objects = objectsOf(renderChart());
    const job = objects.find(({ kind }) => kind === 'Job')!;
    const { passed, error, ...results } = EXIT;
    expect([passed, error]).toEqual([0, 1]);
    const rule = (job.spec.podFailurePolicy.rules as { action: string; onExitCodes?: { values: number[] } }[]).find(
      ({ action }) => action === 'FailJob',
    )!;
    expect(rule.onExitCodes!.values).toEqual(Object.values(results).sort((a, b) => a - b));
    const env = environmentOf(podOf(job), objects, FIELDS);
    expect(env).toMatchObject({ BENCHMARK_ATTACH: 'true', BENCHMARK_WORKFLOW_ID: `run-${UID}` });
  });

  test('a run that asks for more lanes or hosts than there are is refused', () => {
    const refused = (spec: object) =>
      helm(['template', 'nightly', CHART, '--kube-version', '1.34.0'], { run: { spec } });
    expect(refused({ lanes: 5 })).toMatchObject({ status: 1, output: expect.stringMatching(/lanes is 5; .* is 4/) });
    expect(refused({ executor: 'sdk', hosts: 3 }).output).toMatch(/hosts is 3; expected at most load\.replicas/);
    expect(refused({ lanes: 4, hosts: 2 })).toMatchObject({ status: 0 });
  });

  test('the processes of its Deployments and its Job, started with their environment, run a benchmark and pass', async () => {
    const server = await startTestServer();
    const home = new Home();
    const values = {
      target: { address: server.address },
      load: { replicas: 1, generators: 1 },
      run: { spec: { rate: 5, duration: '10s', rampUp: '1s' } },
    };
    const ports = await Promise.all([freePort(), freePort()]);
    const start = (kind: string, component: string, port: number) => {
      const objects = objectsOf(renderChart({ ...values, metrics: { port } }));
      const object = objects.find(
        ({ kind: found, metadata }) => found === kind && metadata.labels['app.kubernetes.io/component'] === component,
      )!;
      const pod = podOf(object);
      return home.run(pod.containers[0].args, { ...imageEnvironment(), ...environmentOf(pod, objects, FIELDS) });
    };
    const workers = ['control', 'load'].map((component, i) => start('Deployment', component, ports[i]!));
    for (const port of ports) {
      // What the readiness probe asks.
      const isReady = () =>
        fetch(`http://127.0.0.1:${port}/health`).then(
          ({ ok }) => ok,
          () => false,
        );
      await eventually('readiness', isReady, 60_000);
    }
    const job = await start('Job', 'run', await freePort()).ended;
    expect(job.code).toBe(0);
    const [result] = fromLogLines(job.stdout.split('\n')) as BenchmarkResult[];
    expectSoundAccount(result!);
    expect(result!.ledger.scheduled).toBe(47);
    expect(result!.generators.map(({ machine }) => machine?.name)).toEqual([NODE]);
    expect(spawnSync(process.execPath, [MAIN, 'show', '-'], { input: job.stdout, encoding: 'utf8' })).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('PASSED'),
    });
    // A pod that is replaced has the same environment: it reports the same run.
    const again = await start('Job', 'run', await freePort()).ended;
    expect(fromLogLines(again.stdout.split('\n'))).toEqual([result]);
    for (const worker of workers) worker.kill('SIGTERM');
    await Promise.all(workers.map(({ ended }) => ended));
    await home.leave();
    await server.close();
  });
});

function validate(version: string, dir: string) {
  const args = ['--kubernetes-version', version, '--strict', 'objects.yaml'];
  return runPip('kubernetes-validate==1.37.0', 'kubernetes-validate', args, dir);
}
