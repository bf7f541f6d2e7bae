import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { reportPage } from '../../cli/report-page';
import { readableMs } from '../../measurement/format/durations';
import type { BenchmarkResult } from '../../report/result-schema';
import { testNeeding } from '../support/needs';
import { playedResult } from '../support/shown';

const CHROMIUM = ['chromium', 'chromium-browser', 'google-chrome'].find(
  (name) => spawnSync(name, ['--version']).status === 0,
);
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
