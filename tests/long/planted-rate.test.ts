import { Home, parseResult } from '../support/cli';
import type { BenchmarkResult } from '../../report/result-schema';
import { describeWithGo } from '../support/go-programs';
import { MemoryFrontend } from '../support/memory-frontend';
import { expectSoundAccount } from '../support/result';

jest.setTimeout(600_000);

const CAPACITY = 200;
const SERVICE_MS = 1000 / CAPACITY;

/**
 * Returns the mean time in a queue with evenly spaced arrivals and one server with exponential service times (D/M/1),
 * milliseconds: σ is the root of σ = exp(−(1 − σ) / ρ) below 1.
 */
function meanSojournMs(rate: number): number {
  let sigma = 0;
  for (let i = 0; i < 10_000; i += 1) sigma = Math.exp((-(1 - sigma) * CAPACITY) / rate);
  return SERVICE_MS / (1 - sigma);
}

describeWithGo('a target that completes 200 workflows/s', ['memory-frontend'], () => {
  let frontend: MemoryFrontend;
  let home: Home;
  beforeEach(async () => {
    frontend = await MemoryFrontend.start(['-capacity', String(CAPACITY)]);
    home = new Home();
  });
  afterEach(async () => {
    await home.leave();
    await frontend.stop();
  });

  async function runAt(rate: number, duration: string): Promise<BenchmarkResult> {
    const load = ['--rate', String(rate), '--duration', duration, '--ramp-up', '10s'];
    const command = home.run(['run', '-o', 'json', '--address', frontend.address, '--lanes', '1', ...load]);
    const result = parseResult(await command.ended);
    expectSoundAccount(result);
    return result;
  }

  test('180/s is VALID and PASSED, with the mean latency that the queue predicts', async () => {
    const idle = await runAt(10, '30s');
    const busy = await runAt(180, '180s');
    expect(busy).toMatchObject({ outcome: 'PASSED', validity: { valid: true } });
    // What a workflow needs beside the queue is the same at both rates.
    const beside = idle.results.latency.mean - meanSojournMs(10);
    const predicted = beside + meanSojournMs(180);
    // Waiting times are correlated over about a second, so the mean of 180 s has a standard error of about a tenth.
    expect(Math.abs(busy.results.latency.mean / predicted - 1)).toBeLessThan(3 * 0.1);
  });

  test('220/s is FAILED because the backlog grows, and not INVALID', async () => {
    const result = await runAt(220, '30s');
    expect(result.outcomes).toEqual(['FAILED']);
    expect(result.validity?.valid).toBe(true);
    expect(result.failureReasons.join()).toMatch(/open workflows grew|backlog grows|not sustainable/);
  });
});
