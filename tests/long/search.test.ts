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
  server = await startTestServer({ dynamicConfig: ['history.rps=150'] });
  const load = ['--lanes', '1', '--max-rate', '160', '--precision', '10%', '--max-duration', '10m'];
  const command = home.run(['capacity', '-o', 'json', '--address', server.address, ...load]);
  const result = parseResult(await command.ended);
  expectSoundAccount(result);
  const { goals, sentence, next } = result.capacity!;
  expect(goals[0]).toMatchObject({ end: 'found' });
  expect(sentence).toMatch(/Limited by: .*history\.rps/);
  expect(next.advice).toMatch(/history\.rps/);
});
