import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SKIPPED } from '../../activities/generate-load/pace-lane';
import { GAP } from '../../measurement/account/ledger';
import { assessValidity, type HostAudit } from '../../measurement/judging/validity';
import { filesIn, ROOT } from '../support/laws';

const page = readFileSync(join(ROOT, 'docs', 'troubleshooting.md'), 'utf8');

/** Returns the first cells of the table below a heading. */
function firstCells(heading: string): string[] {
  const section = page.split(/^## /m).find((text) => text.startsWith(heading))!;
  return [...section.matchAll(/^\| ([^|]+) \|/gm)].map(([, cell]) => cell!).slice(1);
}

/** The code with one line per string, and placeholders as in the page. */
function sources(): string {
  const folders = ['spec', 'measurement', 'orchestrator', 'temporal', 'activities', 'machine', 'cli'];
  const texts = folders
    .flatMap((folder) => filesIn(folder, /\.ts$/))
    .map((file) => readFileSync(join(ROOT, file), 'utf8'));
  return texts.join('\n');
}

/** Returns the parts of the page's messages that no source file contains. */
function unknownParts(messages: readonly string[], code: string): string[] {
  const parts = messages.flatMap((message) => message.replaceAll('`', '').split(/\s*…\s*/));
  return parts.filter((part) => part.replace(/[^a-z]/gi, '').length > 3 && !code.includes(part));
}

test('every message of the page is one of the code', () => {
  const messages = firstCells('A message appears');
  expect(messages.length).toBeGreaterThan(10);
  const code = sources();
  expect(unknownParts(messages, code)).toEqual([]);
  expect(unknownParts(['`the run needs … potatoes`'], code)).toEqual(['potatoes']);
});

test('the page has every validity check, and every reason why an arrival is skipped', () => {
  const evidence = { scheduled: 0, gapArrivals: 0, chosen: 0, lost: 0, generators: [] };
  const latencies = { lagP99Ms: 0, lagP95Ms: 0, lagP50Ms: 0, latencyP99Ms: 0, latencyP95Ms: 0, latencyP50Ms: 0 };
  const host: HostAudit = {
    host: 0,
    identity: 'x',
    eventLoopUtilization: 0,
    slotsExhaustedShare: 0,
    cpuCores: 0,
    silentMs: 0,
    restarts: 0,
  };
  const { checks } = assessValidity({ ...evidence, ...latencies, startP50Ms: 0 }, [host], 0);
  expect(firstCells('A run is INVALID')).toEqual(checks.map(({ name }) => name));
  const reasons = [...Object.values(SKIPPED), GAP].map((reason) => `\`${reason}\``);
  expect(firstCells('Arrivals are skipped').sort()).toEqual(reasons.sort());
});
