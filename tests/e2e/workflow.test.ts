import { perfect, playRun } from '../support/played';
import { startTestServer, type TestServer } from '../support/server';

jest.setTimeout(90_000);

let server: TestServer;
beforeAll(async () => (server = await startTestServer()));
afterAll(() => server.close());

test('a lane of three that is picked up late shifts the timeline and adds a note; all lanes send every planned arrival', async () => {
  let isLate = true;
  const attempts: string[] = [];
  const result = await playRun(
    server,
    'late',
    { rate: 10, duration: '3s', rampUp: '1s', lanes: 3 },
    {
      generateLoad: async (input) => {
        attempts.push(`${input.step.name}/${input.step.attempt}`);
        if (input.step.attempt > 1) return perfect(input);
        if (input.step.name !== '1' || input.lane !== 1 || !isLate) return perfect(input, 'cancelled');
        isLate = false;
        return perfect(input, 'picked up late');
      },
    },
  );
  expect(result.timeline.shifts).toHaveLength(1);
  expect(result.notes.join()).toMatch(/step 1 was picked up late; the timeline was shifted/);
  expect(attempts.filter((attempt) => attempt.endsWith('/2')).sort()).toEqual([
    '1/2',
    '1/2',
    '1/2',
    '2/2',
    '2/2',
    '2/2',
  ]);
  expect(result.steps.filter((step) => step.counted).map(({ attempt, ledger }) => [attempt, ledger.scheduled])).toEqual(
    [[2, 20]],
  );
  expect(result.outcome).toBe('PASSED');
});

test('a hold with a gap above the tolerance is repeated once; if the repetition has a gap too, the run is INVALID', async () => {
  const result = await playRun(
    server,
    'gaps',
    { rate: 10, duration: '3s', rampUp: '1s', lanes: 1 },
    {
      generateLoad: async (input) => {
        const lane = perfect(input);
        return input.step.kind === 'hold' ? { ...lane, gapArrivals: 5 } : lane;
      },
    },
  );
  expect(result.steps.map(({ kind, attempt }) => [kind, attempt])).toEqual([
    ['ramp', 1],
    ['hold', 1],
    ['lead-in', 2],
    ['hold', 2],
  ]);
  expect(result).toMatchObject({ outcome: 'INVALID', exitCode: 111 });
  expect(result.validity.reasons.join()).toMatch(/25\.0 % of the arrivals fell due while their generator was down/);
  // The lead-in lasts a quarter of the hold and starts at 0.
  expect(result.ledger.scheduled).toBe(5 + 20 + 2 + 20);
});
