import { join } from 'node:path';
import { writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { reportPage } from '../../cli/report-page';
import { Browser, CHROMIUM } from '../../scripts/browser';
import { parseResult } from '../support/cli';
import { Cluster } from '../support/cluster';
import { testNeeding } from '../support/needs';
import { expectPassed, expectSoundAccount } from '../support/result';
import { ARTICLE, textOf } from '../support/shown';
import { variantFlags } from '../support/variant';
import { Viewer } from '../support/viewer';

jest.setTimeout(300_000);

let cluster: Cluster;
let browser: Browser;
afterEach(async () => {
  await browser.close();
  await cluster.stop();
});

testNeeding(CHROMIUM !== undefined, 'chromium')(
  'kill -9 of the control worker while browsers show the run: they wait, survive a reload, and end with the result',
  async () => {
    cluster = await Cluster.start({ roles: 'generator,host', generators: 1 });
    browser = Browser.start();
    const control = await cluster.addWorker('control');
    const load = ['--rate', '20', '--duration', '40s', '--ramp-up', '1s', ...variantFlags];
    const { control: server, target } = cluster;
    const addresses = ['--control-address', server.address, '--address', target.address];
    const run = cluster.home.run(['run', '-o', 'json', '--web', ...addresses, ...load]);
    const [url] = await run.says(/http:\/\/127\.0\.0\.1:\d+\//);
    const viewer = await Viewer.connect(url);
    const [desk, phone] = await Promise.all([browser.open(url), browser.open(url, { width: 400 })]);
    await desk.until(`document.querySelector('.answer')?.textContent.startsWith('hold 2/2')`, 60_000);
    await desk.until(`document.querySelectorAll('svg').length > 0`);

    for (const pid of [...cluster.pidsOf('control', control), control.child.pid!]) process.kill(pid, 'SIGKILL');
    const waits = `document.body.innerText.includes('No answer from the control worker')`;
    await Promise.all([desk, phone].map((tab) => tab.until(waits, 30_000)));
    await phone.call('Page.reload');
    await phone.until(waits);
    await cluster.addWorker('control');
    await Promise.all([desk, phone].map((tab) => tab.until(`!${waits}`, 30_000)));

    // A page that is open when the run ends becomes the page of the result.
    const over = `document.querySelector('.outcome').textContent !== 'RUNNING'`;
    await Promise.all([desk, phone].map((tab) => tab.until(over, 90_000)));
    const result = parseResult(await run.ended);
    expectSoundAccount(result);
    expectPassed(result);
    // The figures of the last seconds of the load are those of the result.
    await viewer.ended;
    const last = viewer.received.findLast(
      ({ parts }) => parts[0]!.includes('p99 latency') && !parts[0]!.includes('account'),
    );
    const figure = (name: string, unit: string) =>
      Number(new RegExp(`${name} ([\\d.]+) ?${unit}`).exec(textOf(last!.parts[0]!))![1]);
    const { p50, p95, max } = result.results.latency;
    expect(Math.abs(figure('starts', '/s') / 20 - 1)).toBeLessThan(0.1);
    expect(Math.abs(figure('p50 latency', 'ms') / p50! - 1)).toBeLessThan(0.2);
    expect(figure('p99 latency', 'ms')).toBeGreaterThan(p95! * 0.9);
    expect(figure('p99 latency', 'ms')).toBeLessThanOrEqual(max! * 1.01);
    const file = join(cluster.home.dir, 'stored.html');
    writeFileSync(file, reportPage([result]));
    const stored = await (await browser.open(pathToFileURL(file).href)).evaluate<string>(ARTICLE);
    for (const tab of [desk, phone]) {
      expect(await tab.evaluate('document.title')).toBe(`${result.outcome} ${result.runId}`);
      expect(await tab.evaluate(ARTICLE)).toBe(stored);
      expect(tab.console.filter((line) => !line.includes('ERR_'))).toEqual([]);
    }
  },
);
