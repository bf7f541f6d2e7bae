import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from '@temporalio/worker';

jest.setTimeout(120_000);

const HISTORIES = join(__dirname, 'histories');
const codePath = join(__dirname, '..', '..', 'dist', 'bundles', 'orchestrator.js');
const files = readdirSync(HISTORIES).filter((file) => file.endsWith('.json'));

function history(file: string): {
  events: {
    eventType: string;
    activityTaskScheduledEventAttributes?: { activityId: string; activityType: { name: string } };
  }[];
} {
  return JSON.parse(readFileSync(join(HISTORIES, file), 'utf8'));
}

test('there is a recorded history of every kind of run', () => {
  const runs = files.filter((file) => !/\.(hosts|step-)|~/.test(file)).map((file) => file.replace('.json', ''));
  expect(runs.sort()).toEqual([
    'aborted',
    'bad-spec',
    'cancelled',
    'continued',
    'error',
    'failed',
    'lean',
    'passed',
    'published',
    'resumed',
    'search',
  ]);
});

test.each(files)('I7: %s replays', async (file) => {
  // The names of a run's children come from its own: a replay needs it.
  const workflowId = file.replace(/(~\d+)?\.json$/, '').replace('.', '/');
  await Worker.runReplayHistory({ workflowBundle: { codePath } }, history(file), workflowId);
});

test.each(files)('%s does not name where the project lies', (file) => {
  expect(readFileSync(join(HISTORIES, file), 'utf8')).not.toMatch(/\/(?:[\w.+-]+\/)*(?:node_modules|dist)\//);
});

test('a history that the code does not make any more is found', async () => {
  const changed = history('passed.json');
  const scheduled = changed.events.find((event) => event.activityTaskScheduledEventAttributes)!;
  scheduled.activityTaskScheduledEventAttributes!.activityType.name = 'somethingElse';
  await expect(Worker.runReplayHistory({ workflowBundle: { codePath } }, changed, 'passed')).rejects.toThrow(
    /[Nn]ondeterminism|somethingElse/,
  );
});
