import fc from 'fast-check';
import { aboutOf, aboutWithin } from '../../report/about';
import { assessValidity, evidenceOf } from '../../measurement/judging/validity';
import { judge } from '../../measurement/judging/verdict';
import { idleAudit } from '../../measurement/account/generator-audit';
import type { StepFacts } from '../../report/facts';
import { renderHtml } from '../../report/html/page';
import { emptyLedger } from '../../measurement/account/ledger';
import { renderMarkdown } from '../../report/markdown';
import { resultOf } from '../../report/result';
import { renderText } from '../../report/text';
import { specOf } from '../support/facts';
import { passedRun } from '../support/passed-run';
import { schemaErrors } from '../support/result';

const HEAD = [
  '',
  'PASSED  run-1',
  '  The cluster completed 10/s with a p99 latency of 80.1 ms and met every threshold.',
  '  simple at 10/s for 20s on target:7233, Temporal 1.32.0 with postgres12',
  '',
  'Thresholds',
  '  ✓ p99 latency   80 ms   required ≤ 5 s',
  '  ✓ throughput     10/s   required ≥ 9/s',
  '  ✓ error rate      0 %   required ≤ 1 %',
  '',
  'VALID: the generators kept their schedule; the numbers describe the server',
  '',
  'What limited the run',
  '  no limit reached (high confidence): 10 workflows/s met every threshold',
  '    → try a higher rate: --rate 15',
  '  visibility lags behind (medium confidence): the list of workflows was complete 12 s later than the first count (threshold: 10 s until the list of workflows was complete)',
  '    → list and count results are late by this much; workflow execution does not wait for them (default: 20)',
  '',
];

test('the summary of a run that passed is the answer, the thresholds, the findings and two lines of figures', () => {
  const result = resultOf(passedRun());
  expect(schemaErrors(result)).toEqual([]);
  expect(renderText(result, { file: 'out/result.json' }).split('\n')).toEqual([
    ...HEAD,
    'Latency  p50 40.0 ms · p95 40.0 ms · p99 80.1 ms · max 80.1 ms (200 samples; for a p99 at least 662 are needed)',
    "Account  200 scheduled, all acknowledged; the server's count agrees",
    '',
    '  Page: out/report.html',
    '  Result: out/result.json',
    '  All figures: benchmark show out/result.json --verbose',
    '',
  ]);
});

test('the line that says what was run fits its width, and keeps the workload and the target', () => {
  const result = resultOf(passedRun());
  const stages = fc.array(fc.integer({ min: 1, max: 9999 }), { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(stages, fc.integer({ min: 60, max: 140 }), (rates, width) => {
      const line = aboutWithin({ ...result, config: { ...result.config, stages: rates, hold: '30s' } }, width);
      expect(line.length).toBeLessThanOrEqual(width);
      expect(line).toMatch(/^simple( at .*\/s for 30s each)? on target:7233, Temporal 1\.32\.0( with postgres12)?$/);
    }),
  );
  const { system } = result;
  const of = (config: Record<string, unknown>) =>
    aboutOf({ system: { ...system, address: 'unknown', serverVersion: 'unknown' }, config });
  expect(of({ workload: 'simple', slo: ['p99=500ms', 'p99=5s'] })).toBe(
    'simple, highest rate with p99=500ms, p99=5s, server version unknown',
  );
  expect(of({ mix: 'simple=9,signals=1', rate: 4, duration: '1m', iterations: 3 })).toBe(
    'simple=9,signals=1 at 4/s for 1m, 3 iterations, server version unknown',
  );
  expect(of({})).toBe('');
});

test('with --verbose, the summary has all figures', () => {
  const result = resultOf(passedRun());
  expect(renderText(result, { file: 'result.json', verbose: true }).split('\n')).toEqual([
    ...HEAD,
    'Rates per second during the hold (all completions observed by clients)',
    '  target 10.00 · scheduled 10.00 · sent 10.00 · acknowledged 10.00 · completed 10.00',
    '',
    'Latency, ms                         p50      p95      p99    p99.9      max',
    '  latency (from due time)          40.0     40.0     80.1     80.1     80.1',
    '  service time (from send)         40.0     40.0     80.1     80.1     80.1',
    '  start latency (send to ack)      10.0     10.0     20.1     20.1     20.1',
    '  schedule lag (send − due)         1.0      1.0      1.0      1.0      1.0',
    '  the p99 is only a hint: it needs 662 samples, and there are 200',
    '',
    'Cost of the workload (from the histories of 50 workflows)',
    '  per workflow: 11.0 events, 2.0 KB, 6.5 state transitions (65/s)',
    '  workflow task schedule-to-start  p50 2.0 ms, p95 3.0, max 3.0',
    '  activity schedule-to-start       p50 5.0 ms, p95 5.0, max 5.0',
    '  activity execution               p50 100.4 ms, p95 401.4, max 401.4',
    '  hosts: 5.0 ms of CPU per workflow; one host handles about 400 workflows/s; this rate needs 1 host (1 used)',
    '',
    'Cluster during the hold (reported by the server)',
    '  workflow task queue            backlog 1.5 on average, 3 at most, oldest task 0.2 s; 10.0/s added, 10.0/s dispatched',
    '  CreateWorkflowExecution        p50 1.0 ms, p95 2.0; 10/s',
    '  visibility latency             p50 4.5 ms, p95 9.8; 30/s',
    '  sync match rate                99.5 % of 400 tasks',
    '  connections of history #1/main at most 7 of 20 in use',
    '',
    'Account of all arrivals',
    '  scheduled 200 = acknowledged 200 + recovered 0 + rejected 0 + skipped 0 + unknown 0',
    "  the server's count agrees: 200 = completed 200 + failed 0 + canceled 0 + terminated 0 + timed out 0 + open 0",
    '',
    '  Workflows were executed by hosts with the Temporal SDK (executor sdk)',
    '  Target target:7233, cluster c-1',
    '  Server 1.32.0, 4 history shard(s), postgres12; unknown machine; namespace benchmark-run-1; load of 20s',
    '',
    '  Page: report.html',
    '  Result: result.json',
    '',
  ]);
});

test('if the generators executed the workflows, the summary reports that and how many lanes the rate needs', () => {
  const passed = passedRun({ hosts: [], spec: specOf({ rate: 10, duration: '20s', lanes: 1 }) });
  const [hold] = passed.steps;
  const audits = [{ ...idleAudit, eventLoopUtilization: 0.02 }];
  const result = resultOf({ ...passed, steps: [{ ...hold!, measurement: { ...hold!.measurement, audits } }] });
  expect(result).toMatchObject({ executor: 'lean', sizing: null, generatorSizing: { generatorsNeeded: 1 } });
  const text = renderText(result, { verbose: true });
  expect(text).toContain(
    'generators: busy for 2.0 ms per workflow, which they also execute; one handles about 400 workflows/s; this rate needs 1 lane (1 used)',
  );
  expect(text).toContain('Workflows were executed by the generators (executor lean)');
  expect(text).not.toMatch(/hosts?:/);
});

test('the Markdown summary of a run that passed', () => {
  expect(renderMarkdown(resultOf(passedRun())).split('\n')).toEqual([
    '## PASSED: run-1',
    '',
    '**The cluster completed 10/s with a p99 latency of 80.1 ms and met every threshold.**',
    '',
    '| threshold | actual | required |  |',
    '| --- | --- | --- | --- |',
    '| p99 latency | 80 ms | ≤ 5 s | ✓ |',
    '| throughput | 10/s | ≥ 9/s | ✓ |',
    '| error rate | 0 % | ≤ 1 % | ✓ |',
    '',
    '**VALID**',
    '',
    '| target | completed | p50 | p95 | p99 | max | verdict |',
    '| --- | --- | --- | --- | --- | --- | --- |',
    '| 10/s | 10/s | 40.0 ms | 40.0 ms | 80.1 ms | 80.1 ms | passed |',
    '',
    "Account: 200 scheduled, 200 acknowledged, 0 recovered; the server's count agrees (200). 200 latency samples.",
    '',
    '- **no limit reached**: 10 workflows/s met every threshold → try a higher rate: --rate 15',
    expect.stringMatching(/^- \*\*visibility lags behind\*\*: /),
    '',
  ]);
});

test('R1.5: state transitions per second are those of a sampled workflow times the completions per second', () => {
  const { workload, results } = resultOf(passedRun());
  // 200 workflows with 6.5 state transitions each in 20 s.
  expect(results.actualRate).toBe(10);
  expect(workload).toMatchObject({ stateTransitionsPerWorkflow: 6.5, stateTransitionsPerSecond: (200 * 6.5) / 20 });
  expect(resultOf(passedRun({ workload: undefined })).workload).toBeNull();
});

test('R3.3: the result has the schedule-to-start and the execution latency of activities', () => {
  const { activityScheduleToStart, activityExecution } = resultOf(passedRun()).workload!;
  // Within the 1 % of a histogram of two digits.
  const near = (ms: number) => expect.closeTo(ms, -Math.log10(0.02 * ms)) as number;
  expect(activityScheduleToStart).toMatchObject({ count: 3, p50: near(5), p95: near(5), max: near(5) });
  expect(activityExecution).toMatchObject({ count: 3, p50: near(100), p95: near(400), max: near(400) });
});

test('R3.7: the result has the visibility latency of the server, and how long visibility lagged behind the run', () => {
  const { cluster, server, findings } = resultOf(passedRun());
  expect(cluster!.readings).toContainEqual({
    name: 'visibility latency',
    labels: '',
    count: 600,
    perSecond: 30,
    p50Ms: 4.5,
    p95Ms: 9.75,
    p99Ms: 12,
  });
  expect(server.visibilityWaitMs).toBe(12_000);
  expect(findings.map(({ name }) => name)).toContain('visibility lags behind');
});

test('the summary of an invalid run names the reasons and recommends a value for the limit that the server enforced', () => {
  const facts = passedRun();
  const [hold] = facts.steps;
  const rejected = { 'RESOURCE_EXHAUSTED/RPS_LIMIT/namespace': 40 };
  const settled = { ...hold!.settled, acknowledged: 160, rejected };
  const server = { ...hold!.server!, total: 160, completed: 160 };
  const evidence = { ...evidenceOf(hold!.measurement), lagP95Ms: 7.5 };
  const step: StepFacts = {
    ...hold!,
    settled,
    server,
    verdict: judge(hold!.step.thresholds!, { p99LatencyMs: 80, throughput: 8, scheduledRate: 10, errorRate: 0.2 }),
    validity: assessValidity(evidence, [], 0),
  };
  const lines = renderText(resultOf({ ...facts, steps: [step] })).split('\n');
  expect(lines[1]).toBe('INVALID, FAILED  run-1');
  expect(lines).toEqual(
    expect.arrayContaining([
      'INVALID: the numbers describe the benchmark rather than the server',
      '  ✗ 95 % of the starts were sent within 7.5 ms of their due time (limit 5.0 ms)',
      '  namespace rate limit (high confidence): 40 of 200 starts were rejected with RESOURCE_EXHAUSTED/RPS_LIMIT/namespace; 8.0 starts/s were accepted',
      "    → raise frontend.namespaceRPS in the server's dynamic configuration to at least 1.3 times its current value (default: 2400 per frontend, × frontend.namespaceBurstRatio = 2)",
      "Recommended values for the server's dynamic configuration",
      '    frontend.namespaceRPS: # the default is 2400 (if another value is set, multiply that), and the load needs 1.3 times the calls that were accepted',
      '      - value: 3800',
      '  scheduled 200 = acknowledged 160 + recovered 0 + rejected 40 + skipped 0 + unknown 0',
      '    rejected 40 × RESOURCE_EXHAUSTED/RPS_LIMIT/namespace',
    ]) as string[],
  );
});

test('the recommended value of a key that an embedded target has set is above that value', () => {
  const facts = passedRun();
  const [step] = facts.steps;
  const rejected = { 'RESOURCE_EXHAUSTED/RPS_LIMIT/namespace': 100 };
  const settled = { ...step!.settled, acknowledged: 100, rejected };
  const system = { ...facts.system!, dynamicConfig: ['frontend.namespaceRPS=9000'] };
  const { findings } = resultOf({ ...facts, steps: [{ ...step!, settled }], system });
  const setting = findings.find(({ knob }) => knob === 'frontend.namespaceRPS')!.setting!;
  expect(setting.value).toBeGreaterThan(9000);
});

test('a run that ended before its load has nothing to compare: no report contradicts the server', () => {
  const result = resultOf(passedRun({ steps: [], reconciliation: undefined, error: 'the server is not healthy' }));
  expect(result.outcomes).toEqual(['ERROR']);
  for (const text of [renderText(result, { verbose: true }), renderMarkdown(result)]) {
    expect(text).toContain('nothing was sent, so there is nothing to compare with the server');
    expect(text).not.toMatch(/agree/i);
  }
  expect(renderHtml([result], '')).not.toMatch(/not agree/);
});

test('a step that sent nothing needs no count of the server either', () => {
  const { steps } = passedRun();
  const nothing = { ...steps[0]!, settled: emptyLedger, server: undefined };
  expect(resultOf(passedRun({ steps: [nothing], reconciliation: undefined })).outcomes).not.toContain('UNACCOUNTED');
});

test('an account that was not compared with the server is UNACCOUNTED, but no disagreement is reported', () => {
  const facts = passedRun({ reconciliation: undefined });
  const result = resultOf({ ...facts, steps: facts.steps.map(({ server: _, ...step }) => step) });
  expect(result.outcome).toBe('UNACCOUNTED');
  for (const text of [renderText(result), renderMarkdown(result), renderHtml([result], '')]) {
    expect(text).toMatch(/account was not compared with the server/i);
    expect(text).not.toMatch(/not agree/i);
  }
});
