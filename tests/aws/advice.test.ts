import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readSpec } from '../../cli/spec-options';
import { planOf } from '../../orchestrator/plan';
import { resultWithoutRun } from '../../report/result';
import { measuredHosts, sizingNote } from '../../scripts/aws/advice';
import { runTimeoutMs } from '../../scripts/aws/run-benchmark';

const dir = mkdtempSync(join(tmpdir(), 'benchmark-advice-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

function resultFile(sizing: { hostCpuMsPerWorkflow: number; hostThreadMsPerWorkflow: number } | null): string {
  const result = resultWithoutRun('ERROR', 'test', { workload: 'timer' }, Date.now());
  const file = join(dir, `${sizing === null ? 'none' : 'some'}.json`);
  writeFileSync(file, JSON.stringify({ ...result, sizing: sizing && { ...FULL_SIZING, ...sizing } }));
  return file;
}

const FULL_SIZING = { workflowsPerSecondPerHost: 100, hostsNeeded: 1 };

test('hosts follow from the thread time per workflow of an earlier run', () => {
  const file = resultFile({ hostCpuMsPerWorkflow: 10, hostThreadMsPerWorkflow: 7 });
  const [one, many] = [measuredHosts(50, file), measuredHosts(500, file)];
  expect(one.hosts).toBe(1);
  expect(many.hosts).toBeGreaterThanOrEqual(Math.ceil((500 * 7) / 1000));
  expect(many.cores).toBeCloseTo(5);
  const spec = { workload: 'simple' };
  expect(() => measuredHosts(500, file, spec)).toThrow(/result of the workload timer; give one of simple/);
  expect(() => measuredHosts(500, resultFile(null))).toThrow(/no host of that run completed a workflow/);
});

test('a note tells that a rate per host is untested', () => {
  expect(sizingNote(200, 1)).toMatch(/200\/s with 1 hosts is untested/);
  expect(sizingNote(200, 2)).toBeUndefined();
});

test('the script waits for a run that repeats every step', () => {
  const { spec } = readSpec({ rate: '10', duration: '30m', stepAttempts: '3' }, false, {});
  expect(runTimeoutMs(spec)).toBeGreaterThan(3 * planOf(spec).durationMs);
});
