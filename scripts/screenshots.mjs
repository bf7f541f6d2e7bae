// `node scripts/screenshots.mjs result.json`: draws the page of a result with Chromium, as docs/report.png and docs/report-phone.png.
// `node scripts/screenshots.mjs pages/*.html`: draws pages beside their files, in light and dark, at 1280 and 500 pixels.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { root, setUp } from './setup.mjs';

const BROWSERS = ['chromium', 'chromium-browser', 'google-chrome'];
const browser = BROWSERS.find((name) => spawnSync(name, ['--version']).status === 0);
if (browser === undefined) fail(`no browser is installed; expected one of ${BROWSERS.join(', ')}`);
const files = process.argv.slice(2);
if (files.length === 0) fail('a result.json or pages are required: node scripts/screenshots.mjs result.json');

const folder = mkdtempSync(join(tmpdir(), 'screenshots-'));
if (files[0].endsWith('.json')) {
  setUp();
  const page = join(folder, 'report.html');
  const { status } = spawnSync(process.execPath, [join(root, 'dist/cli/main.js'), 'report', ...files, '-o', page], {
    stdio: 'inherit',
  });
  if (status !== 0) process.exit(status);
  draw(page, join(root, 'docs', 'report.png'), 1280, 1500, 'light');
  draw(page, join(root, 'docs', 'report-phone.png'), 500, 1500, 'dark');
} else {
  for (const file of files)
    for (const scheme of ['light', 'dark'])
      for (const width of [1280, 500])
        draw(file, file.replace(/\.html$/, `-${width}-${scheme}.png`), width, 3000, scheme);
}
rmSync(folder, { recursive: true, force: true });

/** Chromium does not draw windows that are narrower than 500 pixels. */
function draw(page, image, width, height, scheme) {
  const profile = mkdtempSync(join(folder, 'profile-'));
  const { status, stderr } = spawnSync(
    browser,
    [
      ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--hide-scrollbars'],
      ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
      `--blink-settings=preferredColorScheme=${scheme === 'dark' ? 0 : 1}`,
      `--user-data-dir=${profile}`,
      `--window-size=${width},${height}`,
      `--screenshot=${image}`,
      `file://${resolve(page)}`,
    ],
    { encoding: 'utf8', timeout: 60_000 },
  );
  if (status !== 0) fail(`Chromium could not draw ${page}:\n${stderr}`);
  process.stdout.write(`${image}\n`);
}

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}
