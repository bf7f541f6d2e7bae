import { testGoProgram, whyNoGo } from '../support/go-programs';

jest.setTimeout(600_000);

const why = whyNoGo();

(why === undefined ? test : test.skip)(`the tests in Go pass${why === undefined ? '' : ` (not run: ${why})`}`, () =>
  testGoProgram('memory-frontend'),
);
