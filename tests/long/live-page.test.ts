import { Browser, CHROMIUM } from '../../scripts/browser';
import { Home, parseResult } from '../support/cli';
import { describeWithGo } from '../support/go-programs';
import { MemoryFrontend } from '../support/memory-frontend';
import { testNeeding } from '../support/needs';
import { expectSoundAccount } from '../support/result';

jest.setTimeout(900_000);

describeWithGo('the live page of a capacity search', ['memory-frontend'], () => {
  let frontend: MemoryFrontend;
  let home: Home;
  let browser: Browser;
  beforeEach(async () => {
    frontend = await MemoryFrontend.start(['-capacity', '40']);
    home = new Home();
    browser = Browser.start();
  });
  afterEach(async () => {
    await browser.close();
    await home.leave();
    await frontend.stop();
  });

  testNeeding(CHROMIUM !== undefined, 'chromium')('it shows the trials so far, and ends with the answer', async () => {
    const load = ['--lanes', '1', '--from', '20', '--max-rate', '80', '--precision', '10%', '--max-duration', '10m'];
    const search = home.run(['capacity', '-o', 'json', '--web', '--address', frontend.address, ...load]);
    const [url] = await search.says(/http:\/\/127\.0\.0\.1:\d+\//);
    const tab = await browser.open(url, { width: 400 });
    await search.says(/trial 3: /, 300_000);
    await tab.until(`document.body.innerText.includes('95 % interval')`, 60_000);
    await tab.call('Page.reload');
    await tab.until(`document.querySelectorAll('svg').length > 0`, 30_000);
    expect(await tab.evaluate(`document.querySelector('.outcome').textContent`)).toBe('RUNNING');
    expect(await tab.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(400);
    await tab.until(`document.querySelector('.outcome').textContent !== 'RUNNING'`, 600_000);
    const result = parseResult(await search.ended);
    expectSoundAccount(result);
    expect(await tab.evaluate('document.title')).toBe(`${result.outcome} ${result.runId}`);
    expect(await tab.evaluate('document.body.innerText')).toContain(result.capacity!.sentence);
    // The browser reports that the server of the page has ended.
    expect(tab.console.filter((line) => !line.includes('ERR_'))).toEqual([]);
  });
});
