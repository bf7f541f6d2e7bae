import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { freePort } from '../../machine/embedded-server';
import { Home, parseResult } from '../support/cli';
import { testNeeding } from '../support/needs';
import { canHavePrometheus, Prometheus } from '../support/prometheus';
import { expectSoundAccount } from '../support/result';

jest.setTimeout(180_000);

const here = testNeeding(canHavePrometheus, 'Prometheus or apt-get');

here(
  "Prometheus with the collector's scrape configuration labels a run's metrics with environment, task, role and run",
  async () => {
    const dir = mkdtempSync(join(tmpdir(), 'benchmark-collector-'));
    const address = `127.0.0.1:${await freePort()}`;
    // Targets as ecs_observer writes them: a task of the load service, a task started by hand, and a task of another service.
    const labels = (family: string, more: object = {}) => ({
      __meta_ecs_task_definition_family: family,
      __meta_ecs_source: 'arn:aws:ecs:eu-west-1:123456789012:task/temporal/0123456789abcdef0123456789abcdef',
      __meta_ecs_task_started_by: 'by-hand',
      ...more,
    });
    const targets = [
      labels('staging-benchmark-load', { __meta_ecs_container_labels_benchmark_run: 'nightly' }),
      labels('staging-benchmark-run'),
      labels('temporal-frontend'),
    ];
    const file = join(dir, 'targets.json');
    writeFileSync(file, JSON.stringify(targets.map((one) => ({ targets: [address], labels: one }))));
    const path = join(__dirname, '..', '..', 'infra', 'collector', 'scrape.yaml');
    const { scrape_configs: scrapes } = parse(readFileSync(path, 'utf8')) as { scrape_configs: object[] };
    const often = { scrape_interval: '1s', scrape_timeout: '1s', file_sd_configs: [{ files: [file] }] };
    const prometheus = await Prometheus.configured({ scrape_configs: scrapes.map((one) => ({ ...one, ...often })) });

    const home = new Home();
    const load = ['--rate', '10', '--duration', '8s', '--ramp-up', '1s', '-o', 'json'];
    const result = parseResult(
      await home.run(['run', ...load, '--metrics-address', address, '--metrics-linger', '4s']).ended,
    );
    expectSoundAccount(result);
    const at = Date.now() / 1000 - 2;
    const scheduled = (selector: string) =>
      prometheus.values(`sum(benchmark_workflows_scheduled_total{${selector}})`, at);
    const common = 'job="temporal-benchmark",environment="staging",task="0123456789abcdef0123456789abcdef"';
    expect(await scheduled(`${common},task_role="load",run="nightly"`)).toEqual([result.ledger.scheduled]);
    expect(await scheduled(`${common},task_role="run",run="by-hand"`)).toEqual([result.ledger.scheduled]);
    expect(await prometheus.values('count(up)', at)).toEqual([2]);
    await prometheus.stop();
    await home.leave();
  },
);
