// `npm run picture`: runs `npm run bench` and draws what it prints as docs/result.svg, the picture of the README.
// `npm run picture -- RESULT.json` draws the result of an earlier `npm run bench` instead.
// `npm run picture -- --live` runs a staircase in a terminal and draws its live view as docs/live.svg.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { root, setUp } from './setup.mjs';

const COLUMNS = 120;
/** Browsers draw several spaces as one. */
const NO_BREAK = '\u00a0';
const CHARACTER = { width: 7.8, height: 17, size: 13 };
const MARGIN = { x: 18, top: 48, bottom: 16 };
const COLORS = {
  text: '#c9d1d9',
  strong: '#ffffff',
  good: '#56d364',
  bad: '#ff7b72',
  advice: '#79c0ff',
  dim: '#8b949e',
  warm: '#e3b341',
};

/** The live view styles whole lines: with bold, dim, red, green and yellow. */
const SEQUENCES = {
  1: [COLORS.strong, 'bold'],
  2: [COLORS.dim, 'normal'],
  31: [COLORS.bad, 'normal'],
  32: [COLORS.good, 'normal'],
  33: [COLORS.warm, 'normal'],
};
/** The terminal of the live view, and the frame that is drawn, as a share of all frames. */
const LIVE = { columns: 100, rows: 30, at: 0.7 };

/** What each kind of line of the summary looks like: the first pattern that matches decides. */
const STYLES = [
  [/^\$ /, COLORS.dim, 'normal'],
  [/^(PASSED|VALID)/, COLORS.good, 'bold'],
  [/^(FAILED|INVALID|UNACCOUNTED|ABORTED|ERROR)/, COLORS.bad, 'bold'],
  [/^ +✓/, COLORS.good, 'normal'],
  [/^ +✗/, COLORS.bad, 'normal'],
  [/^ +→/, COLORS.advice, 'normal'],
  [/^\S/, COLORS.strong, 'bold'],
  [/^/, COLORS.text, 'normal'],
];

function escape(text) {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
}

/** Breaks a line that is wider than the terminal, and indents what follows. */
function wrap(line) {
  if (line.length <= COLUMNS) return [line];
  const at = line.lastIndexOf(' ', COLUMNS);
  return [line.slice(0, at), ...wrap(`    ${line.slice(at + 1)}`)];
}

/** Returns the lines of a text with the style of their kind. */
function styled(text) {
  const lines = text.trimEnd().split('\n').flatMap(wrap);
  return lines.map((line) => {
    const [, fill, weight] = STYLES.find(([pattern]) => pattern.test(line));
    return { line, fill, weight };
  });
}

/** The SVG of a terminal that shows lines. */
function drawTerminal(title, lines, columns = COLUMNS) {
  const width = 2 * MARGIN.x + columns * CHARACTER.width;
  const height = MARGIN.top + lines.length * CHARACTER.height + MARGIN.bottom;
  const rows = lines.map(({ line, fill, weight }, i) => {
    if (line === '') return '';
    const indent = line.length - line.trimStart().length;
    const x = MARGIN.x + indent * CHARACTER.width;
    const y = MARGIN.top + (i + 0.8) * CHARACTER.height;
    // A fixed width for each line keeps the columns aligned in any font.
    const length = ((line.length - indent) * CHARACTER.width).toFixed(1);
    const place = `x="${x.toFixed(1)}" y="${y.toFixed(1)}" textLength="${length}"`;
    return `<text ${place} fill="${fill}" font-weight="${weight}">${escape(line.trimStart()).replaceAll(' ', NO_BREAK)}</text>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    `<title>${title}</title>`,
    `<rect width="100%" height="100%" rx="8" fill="#0d1117"/>`,
    ...['#ff5f56', '#ffbd2e', '#27c93f'].map((fill, i) => `<circle cx="${22 + 20 * i}" cy="20" r="6" fill="${fill}"/>`),
    `<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="${CHARACTER.size}">`,
    ...rows.filter((row) => row !== ''),
    '</g>',
    '</svg>',
    '',
  ].join('\n');
}

/** What `npm run bench` prints on stdout, or printed for an earlier result. */
function summaryOf(resultFile) {
  const folder = mkdtempSync(join(tmpdir(), 'benchmark-picture-'));
  const args = resultFile ? ['dist/cli/main.js', 'show', resolve(resultFile)] : ['scripts/bench.mjs', '--out', folder];
  const { status, stdout } = spawnSync(process.execPath, args, {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
  });
  rmSync(folder, { recursive: true, force: true });
  // The temporary folder does not belong in a picture. Without --out, a run writes to a folder of its own.
  const [, runId = 'run'] = /^[A-Z_, ]+ {2}(\S+)$/m.exec(stdout) ?? [];
  return { status, summary: stdout.replaceAll(folder, join('benchmark-results', runId)).trim() };
}

/** Runs a staircase in a terminal. Returns its status and the lines of one frame of the live view. */
function liveFrame() {
  const folder = mkdtempSync(join(tmpdir(), 'benchmark-picture-'));
  const bench = `node scripts/bench.mjs --stages 20,40,60 --hold 15s --out ${folder}`;
  const command = `stty cols ${LIVE.columns} rows ${LIVE.rows}; ${bench}`;
  const env = { ...process.env, TERM: 'xterm-256color', NO_COLOR: '' };
  const { status, stdout } = spawnSync('script', ['-qec', command, '/dev/null'], { cwd: root, env, encoding: 'utf8' });
  rmSync(folder, { recursive: true, force: true });
  const frames = stdout.split('\x1b[J').filter((text) => text.includes('Ctrl-C aborts'));
  const text = frames[Math.floor(LIVE.at * frames.length)] ?? '';
  const lines = text.split(/\r?\n/).map((line) => {
    // The first sequence is the style of the line; what follows another one is not part of it.
    const [before, ...after] = line.split('\x1b[');
    const [, code, content] = /^(\d+)m(.*)/.exec(after[0] ?? '') ?? [undefined, '', ''];
    const [fill, weight] = SEQUENCES[code] ?? [COLORS.text, 'normal'];
    return { line: (before + content).trimEnd(), fill, weight };
  });
  return { status, lines };
}

setUp();
if (process.argv[2] === '--live') {
  const { status, lines } = liveFrame();
  if (lines.length < 5) process.exit(status || 1);
  writeFileSync(join(root, 'docs/live.svg'), drawTerminal('The live view of a staircase', lines, LIVE.columns));
  process.exit(status ?? 1);
}
const { status, summary } = summaryOf(process.argv[2]);
console.log(summary);
if (summary === '') process.exit(status || 1);
const title = 'The summary that npm run bench prints';
writeFileSync(join(root, 'docs/result.svg'), drawTerminal(title, styled(`$ npm run bench\n\n${summary}`)));
process.exit(status ?? 1);
