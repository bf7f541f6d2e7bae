import { freePort } from '../../machine/embedded-server';
import { Home, parseResult } from '../support/cli';
import { expectSoundAccount } from '../support/result';
import { startTestServer, type TestServer } from '../support/server';

jest.setTimeout(900_000);

let server: TestServer;
let home: Home;
beforeEach(() => (home = new Home()));
afterEach(async () => {
  await home.leave();
  await server.close();
});

test('a search on a server with a low limit of history names the setting', async () => {
  const metricsPort = await freePort();
  server = await startTestServer({ dynamicConfig: ['history.rps=150'], metricsPort });
  const metrics = ['--server-metrics', `http://127.0.0.1:${metricsPort}/metrics`];
  const load = ['--lanes', '1', '--max-rate', '160', '--precision', '10%', '--max-duration', '10m'];
  const command = home.run(['capacity', '-o', 'json', '--address', server.address, ...metrics, ...load]);
  const result = parseResult(await command.ended);
  process.stderr.write(`${result.capacity!.sentence}\n`);
  expectSoundAccount(result);
  expect(result.capacity!.goals[0]).toMatchObject({ end: 'found' });
  // Other work on this machine may be named first.
  const [first] = result.findings.filter(({ name }) => name !== "no CPU left on the generators' machine");
  expect(first).toMatchObject({ knob: 'history.rps' });
});
