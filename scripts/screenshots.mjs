// `node scripts/screenshots.mjs result.json`: draws the page of a result with Chromium, as docs/report.png and docs/report-phone.png, and
// the terminals of docs/result.svg and docs/live.svg (`npm run picture`) as docs/terminal.png and docs/live.png.
// `node scripts/screenshots.mjs pages/*.html`: draws pages beside their files: 1280 and 400 pixels wide, light, dark and printed; and
// reports the size of each page, and how long a browser takes until its first chart is on the screen.
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root, setUp } from './setup.mjs';

/** Loads per page; the median of their times is reported. */
const LOADS = 5;

setUp();
const require = createRequire(import.meta.url);
const { Browser, CHROMIUM } = require(join(root, 'dist/scripts/browser.js'));
const { reportPage } = require(join(root, 'dist/cli/report-page.js'));
if (CHROMIUM === undefined) fail('no browser is installed; expected Chromium or Chrome');
const files = process.argv.slice(2);
if (files.length === 0) fail('a result.json or pages are required: node scripts/screenshots.mjs result.json');

const browser = Browser.start();
try {
  if (files[0].endsWith('.json')) {
    const page = join(root, 'dist', 'report.html');
    writeFileSync(page, reportPage(files.map((file) => JSON.parse(readFileSync(file, 'utf8')))));
    await draw(page, join(root, 'docs', 'report.png'), { width: 1280, height: 1500, scheme: 'light' });
    await draw(page, join(root, 'docs', 'report-phone.png'), { width: 400, height: 1500, scheme: 'dark' });
    for (const [svg, png] of Object.entries({ 'result.svg': 'terminal.png', 'live.svg': 'live.png' })) {
      const terminal = join(root, 'docs', svg);
      await draw(terminal, join(root, 'docs', png), { ...sizeOf(terminal), scheme: 'dark' });
    }
  } else for (const file of files) await drawAll(file);
} finally {
  await browser.close();
}

/** Returns the size of a picture, pixels. */
function sizeOf(svg) {
  const [, width, height] = /^<svg [^>]*width="([\d.]+)" height="([\d.]+)"/.exec(readFileSync(svg, 'utf8'));
  return { width: Math.ceil(Number(width)), height: Math.ceil(Number(height)) };
}

async function drawAll(file) {
  for (const scheme of ['light', 'dark', 'print'])
    for (const width of [1280, 400])
      await draw(file, file.replace(/\.html$/, `-${width}-${scheme}.png`), { width, scheme });
  const times = [];
  for (let i = 0; i < LOADS; i += 1) times.push(await browser.firstChartMs(pathToFileURL(resolve(file)).href));
  const median = times.sort((a, b) => a - b)[Math.floor(LOADS / 2)];
  const kilobytes = (statSync(file).size / 1024).toFixed(0);
  process.stdout.write(`${file}: ${kilobytes} KB, first chart after ${median.toFixed(0)} ms\n`);
}

/** Draws a page; its whole height without one. */
async function draw(page, image, { width, height, scheme }) {
  const tab = await browser.open('about:blank', { width, height: height ?? 900 });
  const features = [{ name: 'prefers-color-scheme', value: scheme === 'dark' ? 'dark' : 'light' }];
  await tab.call('Emulation.setEmulatedMedia', { media: scheme === 'print' ? 'print' : 'screen', features });
  await tab.navigate(pathToFileURL(resolve(page)).href);
  const whole = height ?? (await tab.evaluate('document.documentElement.scrollHeight'));
  await tab.call('Emulation.setDeviceMetricsOverride', { width, height: whole, deviceScaleFactor: 1, mobile: false });
  const wide = await tab.evaluate('document.documentElement.scrollWidth');
  if (wide > width) fail(`${page} is ${wide} pixels wide in a window of ${width}`);
  const { data } = await tab.call('Page.captureScreenshot', { format: 'png' });
  writeFileSync(image, Buffer.from(data, 'base64'));
  await tab.close();
  process.stdout.write(`${image}\n`);
}

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}
