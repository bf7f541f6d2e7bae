import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { reportPage } from '../../cli/report-page';
import { WebServer } from '../../cli/web-server';
import { readableMs } from '../../measurement/format/durations';
import type { LiveStatus } from '../../report/html/live-strip';
import { finalContent, liveContent } from '../../report/html/page';
import type { BenchmarkResult } from '../../report/result-schema';
import { Browser, CHROMIUM } from '../../scripts/browser';
import { largestResult } from '../support/largest-result';
import { testNeeding } from '../support/needs';
import { ARTICLE, playedResult } from '../support/shown';

const dir = mkdtempSync(join(tmpdir(), 'browser-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** Loads a page in a real browser. Returns the document after its scripts ran, and what it wrote to the console. */
function load(result: BenchmarkResult): { document: string; console: string[] } {
  const file = join(dir, 'page.html');
  writeFileSync(file, reportPage([result]));
  const profile = mkdtempSync(join(dir, 'profile-'));
  const options = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync'];
  const quiet = ['--disable-background-networking', '--disable-component-update', '--enable-logging=stderr', '--v=0'];
  const { stdout, stderr } = spawnSync(
    CHROMIUM!,
    [...options, ...quiet, `--user-data-dir=${profile}`, '--window-size=1280,900', '--dump-dom', `file://${file}`],
    { encoding: 'utf8', timeout: 30_000 },
  );
  return { document: stdout, console: stderr.split('\n').filter((line) => line.includes('CONSOLE')) };
}

testNeeding(CHROMIUM !== undefined, 'chromium')(
  'a browser shows the values of the result, runs the script of the page and reports no error',
  () => {
    const result = playedResult({ rate: 40, duration: '20s' }, 100);
    const { document, console } = load(result);
    expect(console).toEqual([]);
    expect(document).toContain(`<title>${result.outcome} ${result.runId}</title>`);
    expect(document).toContain(readableMs(result.results.latency.p99));
    expect(document).toContain(`each of ${result.ledger.scheduled} starts is accounted for`);
    // The script of the page adds these buttons.
    expect(document).toContain('<button>Copy</button>');
  },
  60_000,
);

testNeeding(CHROMIUM !== undefined, 'chromium')(
  'a browser executes nothing that a result contains',
  () => {
    const hostile = `</script><script>document.title = 'broken'</script><img src="x" onerror="document.title='broken'">`;
    const result = playedResult({ rate: 40, duration: '20s' }, 100, { notes: [hostile], namespace: hostile });
    const { document, console } = load({ ...result, workflowId: hostile, runId: hostile });
    expect(console).toEqual([]);
    expect(document).not.toContain('<title>broken');
    expect(document).not.toMatch(/<img/);
    expect(document).toContain('<button>Copy</button>');
  },
  60_000,
);

testNeeding(CHROMIUM !== undefined, 'chromium')(
  'the page of the largest result has at most 400 KB, shows its charts within a second, and fits a phone',
  async () => {
    const page = join(dir, 'largest.html');
    writeFileSync(page, reportPage([largestResult()]));
    expect(statSync(page).size).toBeLessThanOrEqual(400 * 1024);
    const { href } = pathToFileURL(page);
    const browser = Browser.start();
    try {
      const times: number[] = [];
      for (let i = 0; i < 3; i += 1) times.push(await browser.firstChartMs(href));
      // The fastest: the machine may do something else meanwhile.
      expect(Math.min(...times)).toBeGreaterThan(0);
      expect(Math.min(...times)).toBeLessThanOrEqual(1000);
      for (const width of [1280, 400]) {
        const tab = await browser.open(href, { width });
        expect(await tab.evaluate(`document.documentElement.scrollWidth`)).toBeLessThanOrEqual(width);
        expect(tab.console).toEqual([]);
      }
    } finally {
      await browser.close();
    }
  },
  60_000,
);

const HOSTILE = `</script><script>document.title = 'broken'</script><img src="x" onerror="document.title='broken'">`;

function statusAt(elapsedMs: number): LiveStatus {
  const history = [{ ratePerSecond: 39.6, p50Ms: 12.3, p99Ms: 80 }];
  const errors = { [HOSTILE]: 12 };
  const load = { elapsedMs, durationMs: 60_000, step: 'hold 2/2', targetRate: 40, inFlight: 3, errors, history };
  return { runId: HOSTILE, phase: 'load', load, notes: [HOSTILE] };
}

testNeeding(CHROMIUM !== undefined, 'chromium')(
  'a browser follows a run, survives a reload and the loss of its server, and ends with the page of the result',
  async () => {
    const result = playedResult({ rate: 40, duration: '20s' }, 100, { notes: [HOSTILE] });
    const soFar = { ...result, series: { ...result.series, points: result.series.points.slice(0, 15) } };
    const live = { host: '127.0.0.1', port: 0, isRemote: false };
    let server = await WebServer.open(live);
    const port = Number(new URL(server.url).port);
    const browser = Browser.start();
    try {
      server.show(() => liveContent(statusAt(15_000)));
      const tab = await browser.open(server.url, { width: 400 });
      await tab.until(`document.querySelector('.outcome')?.textContent === 'RUNNING'`);
      // The result so far arrives later than the first figures.
      server.show(() => liveContent(statusAt(20_000), soFar));
      await tab.until(`document.title.startsWith('0:20 of 1:00')`);
      await tab.evaluate(`document.querySelector('#rates details').open = true`);
      server.show(() => liveContent(statusAt(22_000), result));
      await tab.until(`document.title.startsWith('0:22 of 1:00')`);
      expect(await tab.evaluate(`document.querySelector('#rates details').open`)).toBe(true);
      expect(await tab.evaluate(`document.documentElement.scrollWidth`)).toBeLessThanOrEqual(400);

      await tab.call('Page.reload');
      await tab.until(`document.querySelectorAll('svg').length >= 2 && document.title.startsWith('0:22')`);
      await server.close();
      await tab.until(`document.getElementById('connection').textContent.includes('does not answer')`);
      server = await WebServer.open({ ...live, port });
      server.show(() => liveContent(statusAt(30_000), result));
      await tab.until(`document.title.startsWith('0:30 of 1:00')`);
      expect(await tab.evaluate(`document.querySelectorAll('img').length`)).toBe(0);
      const atWork = tab.console.filter((line) => !line.includes('ERR_'));

      server.end(finalContent(result));
      await tab.until(`document.title === '${result.outcome} ${result.runId}'`);
      const file = join(dir, 'final.html');
      writeFileSync(file, reportPage([result]));
      const stored = await browser.open(pathToFileURL(file).href);
      expect(await tab.evaluate(ARTICLE)).toBe(await stored.evaluate(ARTICLE));
      expect([...atWork, ...stored.console]).toEqual([]);
    } finally {
      await browser.close();
      await server.close();
    }
  },
  60_000,
);
