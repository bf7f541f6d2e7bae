import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { cacheDir } from '../../machine/paths';
import { describeWithGo } from '../support/go-programs';
import { objectsOf, podOf, renderChart } from '../support/helm';

// The first test builds helm, which takes minutes once.
jest.setTimeout(900_000);

const additionalLabels = { release: 'prometheus' };
const SERVICE_MONITOR = { metrics: { serviceMonitor: { enabled: true, additionalLabels } } };
const POD_MONITOR = { metrics: { podMonitor: { enabled: true, additionalLabels } } };

describeWithGo('the Helm chart with the Prometheus Operator', ['helm'], () => {
  test('a ServiceMonitor fits the schema of the Prometheus Operator, and selects the metrics of every worker', () => {
    const objects = objectsOf(renderChart(SERVICE_MONITOR));
    const monitor = objects.find(({ kind }) => kind === 'ServiceMonitor')!;
    expect(operatorErrors(monitor)).toBe('');
    expect(operatorErrors({ ...monitor, spec: { ...monitor.spec, endpoints: 'all' } })).toMatch(/endpoints/);
    const service = objects.find(({ kind }) => kind === 'Service')!;
    expect(service.metadata.labels).toMatchObject(monitor.spec.selector.matchLabels as object);
    expect(monitor.metadata.labels).toMatchObject({ release: 'prometheus' });
    for (const { spec } of objects.filter(({ kind }) => kind === 'Deployment'))
      expect(spec.template.metadata.labels).toMatchObject(service.spec.selector as object);
  });

  test('a PodMonitor fits the schema of the Prometheus Operator, and adds the labels that a ServiceMonitor adds', () => {
    const objects = objectsOf(renderChart(POD_MONITOR));
    const monitor = objects.find(({ kind }) => kind === 'PodMonitor')!;
    expect(operatorErrors(monitor)).toBe('');
    expect(operatorErrors({ ...monitor, spec: { ...monitor.spec, selector: 'all' } })).toMatch(/selector/);
    expect(objects.map(({ kind }) => kind)).not.toContain('Service');
    const [endpoint] = monitor.spec.podMetricsEndpoints as { port: string; relabelings: object[] }[];
    const service = objectsOf(renderChart(SERVICE_MONITOR)).find(({ kind }) => kind === 'ServiceMonitor')!;
    expect(endpoint!.relabelings).toEqual(service.spec.endpoints[0].relabelings);
    expect(endpoint!.relabelings).toHaveLength(3);
    for (const object of objects.filter(({ kind }) => kind === 'Deployment')) {
      expect(object.spec.template.metadata.labels).toMatchObject(monitor.spec.selector.matchLabels as object);
      const [container] = podOf(object).containers as unknown as [{ ports: { name: string }[] }];
      expect(container.ports.map(({ name }) => name)).toContain(endpoint!.port);
    }
    const both = { serviceMonitor: { enabled: true }, podMonitor: { enabled: true } };
    expect(() => renderChart({ metrics: both })).toThrow(/both enabled/);
  });
});

const MODELS = '@kubernetes-models/prometheus-operator@6.0.0';

/** Returns what the Prometheus Operator's schema finds wrong with a ServiceMonitor or PodMonitor; empty if nothing. */
function operatorErrors(monitor: { readonly kind: string; readonly spec?: unknown }): string {
  const dir = join(cacheDir(), 'npm-prometheus-operator-6.0.0');
  if (!existsSync(join(dir, 'node_modules'))) {
    mkdirSync(dir, { recursive: true });
    const args = ['install', '--prefix', dir, '--no-audit', '--no-fund', '--ignore-scripts', MODELS];
    const { status, stderr } = spawnSync('npm', args, { encoding: 'utf8' });
    if (status !== 0) throw new Error(stderr);
  }
  const script = `import { readFileSync } from 'node:fs';
    import { ${monitor.kind} } from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/${monitor.kind}';
    new ${monitor.kind}(JSON.parse(readFileSync(0, 'utf8'))).validate();`;
  const input = JSON.stringify(monitor);
  const args = ['--input-type=module', '-e', script];
  const { status, stderr } = spawnSync(process.execPath, args, { cwd: dir, encoding: 'utf8', input });
  return status === 0 ? '' : stderr;
}
