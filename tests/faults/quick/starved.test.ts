import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { Cluster } from '../../support/cluster';
import { expectSoundAccount } from '../../support/result';
import { variant } from '../../support/variant';

jest.setTimeout(120_000);

/** A window of the generator's audit is 10 s long. The hogs run from the ramp on, so one window lies within their time. */
const HOG_SECONDS = 18;
/** A shell that counts, for a bounded time: it needs no memory to speak of, so that many fit on a small machine. */
const HOG = `end=$(($(date +%s) + ${HOG_SECONDS})); while [ $(date +%s) -lt $end ]; do i=0; while [ $i -lt 100000 ]; do i=$((i + 1)); done; done`;
const load = { rampUp: '4s', ...variant, completionTimeout: '3s' };

const hogs: ChildProcess[] = [];
afterEach(async () => {
  for (const hog of hogs.splice(0)) {
    hog.kill('SIGKILL');
    if (hog.exitCode === null && hog.signalCode === null) await once(hog, 'exit');
  }
});

test('a CPU hog beside the generator: the CPU of its machine is named first, and how busy it was', async () => {
  const cluster = await Cluster.start({ generators: 1 });
  await cluster.start('hog', { ...load, rate: 100, duration: '16s' });
  await cluster.loading('hog', 5);
  // Each in a session of its own: Linux may share a machine out between sessions, and then hogs of one session weigh as one.
  for (let i = 0; i < 12 * availableParallelism(); i += 1)
    hogs.push(spawn('sh', ['-c', HOG], { detached: true, stdio: 'ignore' }));
  const { result } = await cluster.outcome('hog');
  expect(hogs.filter(({ exitCode }) => exitCode !== 0)).toEqual([]);
  expectSoundAccount(result!);
  expect(result!.outcome).not.toBe('PASSED');
  expect(result!.findings[0]).toMatchObject({ knob: "the CPU of the generators' machine, --lanes" });
  await cluster.stop();
});
