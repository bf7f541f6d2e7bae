import fc from 'fast-check';
import { OwnCloses } from '../../../activities/generate-load/own-closes';
import type { TargetCalls } from '../../../activities/generate-load/target-calls';
import type { CloseStatus } from '../../../temporal/wire/close-event';

const never = () => false;

function closesOf({ afterMs = 1000, atOnce = 2 } = {}) {
  let nowMs = 0;
  const asked: string[] = [];
  const answers = new Map<string, (status: CloseStatus | undefined) => void>();
  const closes = new OwnCloses({ afterMs, atOnce }, () => nowMs);
  const calls: TargetCalls = {
    start: (id) => (id.startsWith('refused') ? Promise.reject(new Error('refused')) : Promise.resolve({ runId: id })),
    inFlightBytes: 0,
    sendMessages: () => Promise.resolve(),
    awaitClose(id) {
      asked.push(id);
      return new Promise((resolve) => answers.set(id, resolve));
    },
    warmUp: () => Promise.resolve(),
  };
  const target = closes.observing(calls);
  const close = (workflowId: string, status: 'completed' | 'failed' | 'canceled' = 'completed') =>
    closes.take({ workflowId, status, endToEndMs: 0 });
  const answer = async (id: string, status: CloseStatus | undefined, afterMsOfAsking = 0) => {
    nowMs += afterMsOfAsking;
    answers.get(id)!(status);
    await Promise.resolve();
  };
  return { closes, target, close, asked, answer, pass: (ms: number) => (nowMs += ms) };
}

test('every workflow that is started and closed is observed once, whether its close or the answer to its start comes first', async () => {
  const order = fc.array(
    fc.record({ closesFirst: fc.boolean(), status: fc.constantFrom('completed' as const, 'failed' as const) }),
    {
      maxLength: 20,
    },
  );
  await fc.assert(
    fc.asyncProperty(order, async (workflows) => {
      const { target, close, asked } = closesOf();
      const seen = await Promise.all(
        workflows.map(async ({ closesFirst, status }, i) => {
          const start = target.start(`w/${i}`, i);
          if (closesFirst) close(`w/${i}`, status);
          const { runId } = await start;
          const closed = target.awaitClose(`w/${i}`, runId, never);
          if (!closesFirst) close(`w/${i}`, status);
          close('child of w');
          return await closed;
        }),
      );
      expect(seen).toEqual(workflows.map(({ status }) => status));
      expect(asked).toEqual([]);
    }),
  );
});

test('a start that fails is forgotten: a close of its workflow is nobody’s', async () => {
  const { closes, target, close, pass, asked } = closesOf();
  await expect(target.start('refused', 0)).rejects.toThrow('refused');
  close('refused');
  pass(5000);
  closes.askAboutStragglers();
  expect(asked).toEqual([]);
  await expect(target.awaitClose('refused', 'r', never)).resolves.toBeUndefined();
});

test('the server is asked about those that stay open for too long: the oldest first, few at a time, each once', async () => {
  const { closes, target, pass, asked, answer } = closesOf({ afterMs: 1000, atOnce: 2 });
  const seen: (CloseStatus | undefined)[] = [];
  for (let i = 0; i < 4; i += 1) {
    await target.start(`w/${i}`, i);
    void target.awaitClose(`w/${i}`, 'r', never).then((status) => seen.push(status));
    pass(400);
  }
  // w/0 has been open for 1600 ms, w/1 for 1200, w/2 for 800.
  closes.askAboutStragglers();
  closes.askAboutStragglers();
  expect(asked).toEqual(['w/0', 'w/1']);
  pass(1000);
  closes.askAboutStragglers();
  expect(asked).toHaveLength(2);
  await answer('w/0', 'terminated');
  closes.askAboutStragglers();
  expect(asked).toEqual(['w/0', 'w/1', 'w/2']);
  await answer('w/1', 'completed', 3000);
  await Promise.resolve();
  expect(seen).toEqual(['terminated', 'completed']);
});

test('a completion that the server knows of at once happened at a time that nobody saw, so it is no sample', async () => {
  const { closes, target, pass, answer } = closesOf();
  await target.start('w/0', 0);
  const closed = target.awaitClose('w/0', 'r', never);
  pass(1001);
  closes.askAboutStragglers();
  await answer('w/0', 'completed', 20);
  await expect(closed).resolves.toBeUndefined();
});
