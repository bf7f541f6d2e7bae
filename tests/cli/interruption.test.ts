import { interruptible, unlessAborted } from '../../cli/interruption';

let said: string;
beforeEach(() => {
  said = '';
  jest.spyOn(process.stderr, 'write').mockImplementation((text) => ((said += String(text)), true));
});
afterEach(() => jest.restoreAllMocks());

const never = new Promise<never>(() => undefined);

test.each([
  ['SIGINT', 'Ctrl-C'],
  ['SIGTERM', 'SIGTERM'],
  ['SIGHUP', 'SIGHUP'],
] as const)('%s interrupts the work, which undoes what it has begun, and is named %s', async (signal, name) => {
  const done: string[] = [];
  const work = interruptible(async (aborted) => {
    try {
      await unlessAborted(aborted, never);
    } finally {
      // A second Ctrl-C does not end the process while it cleans up.
      process.emit(signal, signal);
      await Promise.resolve();
      done.push('undone');
    }
  });
  process.emit(signal, signal);
  await expect(work).rejects.toMatchObject({ exitCode: 105, message: `interrupted by ${name}; no run was started` });
  expect(done).toEqual(['undone']);
  expect(said).toBe(`Interrupted by ${name}; stopping what was started.\n`);
  expect(process.listenerCount(signal)).toBe(0);
});

test('work that ends first returns, and leaves no handler behind', async () => {
  const before = process.listenerCount('SIGTERM');
  expect(await interruptible((signal) => unlessAborted(signal, Promise.resolve(1)))).toBe(1);
  await expect(interruptible(() => Promise.reject(new Error('failed')))).rejects.toThrow('failed');
  expect(process.listenerCount('SIGTERM')).toBe(before);
});

test('what has been interrupted begins nothing more', async () => {
  const aborted = AbortSignal.abort(new Error('interrupted'));
  await expect(unlessAborted(aborted, Promise.resolve(1))).rejects.toThrow('interrupted');
  // Its failure, which nobody awaits, must not end the process.
  await expect(unlessAborted(aborted, Promise.reject(new Error('failed too')))).rejects.toThrow('interrupted');
});
