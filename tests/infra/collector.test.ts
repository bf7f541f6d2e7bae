import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { testNeeding } from '../support/needs';
import { canHavePrometheus, prometheusBinary } from '../support/prometheus';

jest.setTimeout(120_000);

const here = testNeeding(canHavePrometheus, 'Prometheus or apt-get');
const read = (name: string) => readFileSync(join(__dirname, '..', '..', 'infra', 'collector', name), 'utf8');

interface Relabel {
  readonly regex: string;
}
type Scrape = { readonly relabel_configs: readonly Relabel[] };
const fragment = parse(read('scrape.yaml')) as { scrape_configs: readonly Scrape[] };
const whole = parse(read('collector.yaml')) as {
  extensions: { ecs_observer: { task_definitions: readonly { arn_pattern: string }[] } };
  receivers: { prometheus: { config: typeof fragment } };
  exporters: { prometheusremotewrite: { auth: object } };
};

/** Returns what promtool reports about a scrape configuration; empty if it is valid. */
function check(config: unknown): string {
  const dir = mkdtempSync(join(tmpdir(), 'benchmark-promtool-'));
  const file = join(dir, 'prometheus.yml');
  writeFileSync(file, JSON.stringify(config));
  const { status, stdout, stderr } = spawnSync(prometheusBinary('promtool'), ['check', 'config', file], {
    encoding: 'utf8',
  });
  rmSync(dir, { recursive: true, force: true });
  return status === 0 ? '' : `${stdout}${stderr}`;
}

here('promtool accepts the scrape configuration, and rejects a broken one', () => {
  expect(check(fragment)).toBe('');
  const [scrape] = fragment.scrape_configs;
  expect(check({ scrape_configs: [{ ...scrape, scrape_intervall: '1s' }] })).toMatch(/scrape_intervall/);
  expect(check({ scrape_configs: [{ ...scrape, relabel_configs: [{ regex: '(' }] }] })).not.toBe('');
});

test('collector.yaml has the scrape configuration of scrape.yaml, and matches the task families of the module', () => {
  expect(whole.receivers.prometheus.config).toEqual(fragment);
  const [{ arn_pattern: pattern }] = whole.extensions.ecs_observer.task_definitions as [{ arn_pattern: string }];
  const module_ = read('../terraform/modules/benchmark/tasks.tf');
  expect(module_).toContain('family                   = "${var.name}-benchmark-${each.key}"');
  const arn = (family: string) => `arn:aws:ecs:eu-west-1:123456789012:task-definition/${family}:7`;
  for (const role of ['load', 'control', 'run']) expect(arn(`staging-benchmark-${role}`)).toMatch(new RegExp(pattern));
  expect(arn('staging-benchmark-control-server')).not.toMatch(new RegExp(pattern));
  expect(arn('temporal-frontend')).not.toMatch(new RegExp(pattern));
  expect(whole.exporters.prometheusremotewrite.auth).toEqual({ authenticator: 'sigv4auth' });
});
