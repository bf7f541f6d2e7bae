import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../machine/embedded-server';
import { cacheDir } from '../../machine/paths';
import { eventually } from './cli';
import { keep } from './keep';

const FOLDER = join(cacheDir(), 'prometheus');

/** Reports whether this machine has Prometheus, or apt-get to download it. */
export const canHavePrometheus = onPath('prometheus') || onPath('apt-get');

function onPath(name: string): boolean {
  return (process.env.PATH ?? '').split(':').some((folder) => existsSync(join(folder, name)));
}

/** Returns the path of `prometheus` or `promtool`. Downloads the Debian package if needed (apt verifies it) and unpacks it. */
export function prometheusBinary(name: 'prometheus' | 'promtool'): string {
  if (onPath(name)) return name;
  const path = join(FOLDER, 'usr', 'bin', name);
  if (!existsSync(path)) fetchPackage();
  return path;
}

function fetchPackage(): void {
  mkdirSync(cacheDir(), { recursive: true });
  const dir = mkdtempSync(join(cacheDir(), 'prometheus-'));
  const run = (command: string, ...args: string[]) => spawnSync(command, args, { cwd: dir, encoding: 'utf8' });
  const own = ['-o', `Dir::State::Lists=${join(dir, 'lists')}`, '-o', `Dir::Cache=${join(dir, 'cache')}`];
  try {
    // The package lists may be missing, and this user may not be allowed to write them.
    if (run('apt-get', 'download', 'prometheus').status !== 0) {
      run('apt-get', ...own, 'update');
      const { status, stderr } = run('apt-get', ...own, 'download', 'prometheus');
      if (status !== 0) throw new Error(`cannot download prometheus: ${stderr}`);
    }
    const unpacked = join(dir, 'unpacked');
    run(
      'dpkg',
      '-x',
      join(
        dir,
        readdirSync(dir).find((file) => file.endsWith('.deb'))!,
      ),
      unpacked,
    );
    keep(unpacked, FOLDER);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Returns what `promtool check metrics` reports about a metrics page; empty if it reports nothing. */
export function lintMetrics(page: string): string {
  const { stdout, stderr } = spawnSync(prometheusBinary('promtool'), ['check', 'metrics'], {
    input: page,
    encoding: 'utf8',
  });
  return `${stdout}${stderr}`.trim();
}

type Sample = readonly [atSeconds: number, value: string];

/** A Prometheus process. */
export class Prometheus {
  private constructor(
    private readonly child: ChildProcess,
    readonly address: string,
    private readonly dir: string,
  ) {}

  /** Starts a Prometheus that scrapes one address every second. */
  static async scraping(target: string): Promise<Prometheus> {
    const config = { job_name: 'benchmark', scrape_interval: '1s', static_configs: [{ targets: [target] }] };
    return await Prometheus.configured({ scrape_configs: [config] });
  }

  static async configured(config: object): Promise<Prometheus> {
    const dir = mkdtempSync(join(tmpdir(), 'benchmark-prometheus-'));
    // JSON is valid YAML.
    writeFileSync(join(dir, 'prometheus.yml'), JSON.stringify(config));
    const address = `127.0.0.1:${await freePort()}`;
    const args = ['--config.file=prometheus.yml', `--storage.tsdb.path=${join(dir, 'data')}`];
    const child = spawn(prometheusBinary('prometheus'), [...args, `--web.listen-address=${address}`], {
      cwd: dir,
      stdio: 'ignore',
    });
    const prometheus = new Prometheus(child, address, dir);
    await eventually('Prometheus', () =>
      fetch(`http://${address}/-/ready`).then(
        ({ ok }) => ok,
        () => false,
      ),
    );
    return prometheus;
  }

  /** Returns the first value of an instant query; NaN if the query has no result. */
  async value(query: string, atSeconds: number): Promise<number> {
    return (await this.values(query, atSeconds))[0] ?? NaN;
  }

  async values(query: string, atSeconds: number): Promise<number[]> {
    const url = `http://${this.address}/api/v1/query?${new URLSearchParams({ query, time: String(atSeconds) })}`;
    const { status, error, data } = (await (await fetch(url)).json()) as {
      status: string;
      error?: string;
      data: { result: { value: Sample }[] };
    };
    if (status !== 'success') throw new Error(`${query}: ${error}`);
    return data.result.map(({ value: [, value] }) => Number(value));
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.kill('SIGTERM');
    await ended;
    rmSync(this.dir, { recursive: true, force: true });
  }
}
