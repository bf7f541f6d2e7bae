// Checks a run's ledger independently: `node scripts/check-account.mjs RESULT.json ADDRESS`. Compares the result with every workflow
// in the run's namespace on the server, and shares no code with the benchmark.
//
// I1: scheduled equals the sum of the outcomes. I2: the server has acknowledged + recovered distinct workflow ids, by status.
// I3: every id is run/step/attempt/lane/sequence, is unique, and is within what was scheduled. I6: the samples add up.
import { readFileSync } from 'node:fs';
import { Client, Connection } from '@temporalio/client';

const [file, address] = process.argv.slice(2);
const result = JSON.parse(readFileSync(file, 'utf8'));
const problems = [];
const check = (what, actual, expected) =>
  actual === expected || problems.push(`${what}: ${actual}, expected ${expected}`);
const add = (counts) => Object.values(counts).reduce((sum, n) => sum + n, 0);

for (const [where, { scheduled, acknowledged, recovered, rejected, skipped, unknown, inDoubt }] of [
  ['the run', result.ledger],
  ...result.steps.map((step) => [`step ${step.name} attempt ${step.attempt}`, step.ledger]),
]) {
  check(`I1 of ${where}`, acknowledged + recovered + add(rejected) + add(skipped) + add(unknown) + inDoubt, scheduled);
  check(`unknown at the end of ${where}`, add(unknown) + inDoubt, 0);
}

const connection = await Connection.connect({ address });
const client = new Client({ connection, namespace: result.namespace });
const statuses = {};
const ids = new Set();
const perStep = {};
for await (const { workflowId, status, type, parentExecution } of client.workflow.list({
  query: `WorkflowId STARTS_WITH '${result.runId}/'`,
})) {
  if (parentExecution || status.name === 'CONTINUED_AS_NEW') continue;
  // A tombstone occupies the id of an arrival that never became a workflow, and proves that it is absent.
  if (type === 'benchmarkTombstone') {
    if (status.name !== 'TERMINATED') problems.push(`I3c: ${workflowId} is not terminated`);
    continue;
  }
  if (ids.has(workflowId)) problems.push(`I3: ${workflowId} exists twice`);
  ids.add(workflowId);
  statuses[status.name] = (statuses[status.name] ?? 0) + 1;
  const [run, step, attempt, lane, sequence, ...rest] = workflowId.split('/');
  const named = [attempt, lane, sequence].every((part) => /^\d+$/.test(part ?? ''));
  if (run !== result.runId || !named || rest.length > 0)
    problems.push(`I3: ${workflowId} is not run/step/attempt/lane/sequence`);
  (perStep[`${step}/${attempt}`] ??= []).push([Number(lane), Number(sequence)]);
}
await connection.close();

check('I2: workflows on the server', ids.size, result.ledger.acknowledged + result.ledger.recovered);
const { counts } = result.server;
check('I2: completed', statuses.COMPLETED ?? 0, counts.completed);
// The clean-up terminates workflows that were open when the ledger was closed.
check('I2: terminated', statuses.TERMINATED ?? 0, counts.terminated + counts.open);
check('I2: running', statuses.RUNNING ?? 0, 0);
for (const step of result.steps) {
  const found = perStep[`${step.name}/${step.attempt}`] ?? [];
  check(
    `I2 of step ${step.name} attempt ${step.attempt}`,
    found.length,
    step.ledger.acknowledged + step.ledger.recovered,
  );
  const lanes = new Map();
  for (const [lane, sequence] of found) lanes.set(lane, Math.max(lanes.get(lane) ?? 0, sequence + 1));
  const reach = [...lanes.values()].reduce((sum, n) => sum + n, 0);
  if (reach > step.ledger.scheduled)
    problems.push(`I3 of step ${step.name}: sequences up to ${reach} of ${step.ledger.scheduled} scheduled`);
}
const { chosen, completed, failed, lost, pending } = result.completion;
check('I6: samples', completed + add(failed) + lost + pending, chosen);
const seen = result.steps.reduce((sum, step) => sum + step.latency.count, 0);
check('I6: samples in the histograms', seen, completed);

if (problems.length > 0) {
  console.log(problems.join('\n'));
  process.exit(1);
}
console.log(`ledger agrees with the server: ${ids.size} workflows of ${result.ledger.scheduled} arrivals`);
