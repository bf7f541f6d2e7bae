import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readSpec } from '../../cli/spec-options';
import { planOf } from '../../orchestrator/plan';
import { resultWithoutRun } from '../../report/result';
import { measuredNeed, sizingNote } from '../../scripts/aws/advice';
import { runTimeoutMs } from '../../scripts/aws/run-benchmark';

const dir = mkdtempSync(join(tmpdir(), 'benchmark-advice-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

function resultFile(sizing: { hostCpuMsPerWorkflow: number; hostThreadMsPerWorkflow: number } | null): string {
  return fileOf({ executor: 'sdk', sizing: sizing && { ...FULL_SIZING, ...sizing } });
}

let files = 0;
function fileOf(change: object): string {
  const result = resultWithoutRun('ERROR', 'test', { workload: 'timer' }, Date.now());
  const file = join(dir, `${(files += 1)}.json`);
  writeFileSync(file, JSON.stringify({ ...result, ...change }));
  return file;
}

const FULL_SIZING = { workflowsPerSecondPerHost: 100, hostsNeeded: 1 };

test('hosts follow from the thread time per workflow of an earlier run', () => {
  const file = resultFile({ hostCpuMsPerWorkflow: 10, hostThreadMsPerWorkflow: 7 });
  expect(measuredNeed(50, file)).toEqual({ hosts: 1 });
  expect(measuredNeed(500, file)).toEqual({ hosts: Math.ceil((500 * 7) / 800) });
  const spec = { workload: 'simple', executor: 'sdk' };
  expect(() => measuredNeed(500, file, spec)).toThrow(/result of the workload timer; give one of simple/);
  expect(() => measuredNeed(500, file, { workload: 'timer', executor: 'lean' })).toThrow(
    /of the executor sdk; give one of lean/,
  );
  expect(() => measuredNeed(500, resultFile(null))).toThrow(/no workflow completed in that run/);
});

test('if the generators execute the workflows, lanes follow from their thread time', () => {
  const sizing = { threadMsPerWorkflow: 2, workflowsPerSecondPerGenerator: 400, generatorsNeeded: 1 };
  const file = fileOf({ executor: 'lean', generatorSizing: sizing });
  expect(measuredNeed(1000, file, { workload: 'timer', executor: 'lean' })).toEqual({ lanes: 3 });
  expect(() => measuredNeed(1, fileOf({ executor: 'lean' }))).toThrow(/no workflow completed in that run/);
});

test('a note tells that a rate per host is untested', () => {
  const note = (input: Record<string, string>) => sizingNote(200, readSpec(input, false, {}).spec);
  expect(note({ executor: 'sdk' })).toMatch(/200\/s with 1 hosts is untested/);
  expect(note({ executor: 'sdk', hosts: '2' })).toBeUndefined();
  expect(note({})).toBeUndefined();
});

test('the script waits for a run that repeats every step', () => {
  const { spec } = readSpec({ rate: '10', duration: '30m', stepAttempts: '3' }, false, {});
  expect(runTimeoutMs(spec)).toBeGreaterThan(3 * planOf(spec).durationMs);
});
