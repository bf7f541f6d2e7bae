/**
 * `isolatedModules` (tsconfig.json) has ts-jest transpile each file by itself, so its diagnostics are those of syntax.
 * `.ci/run` type-checks the tests once with `tsc`, which costs 13 s in total instead of several per jest worker.
 */
const transform = { '^.+\\.ts$': 'ts-jest' };
const base = {
  testEnvironment: 'node',
  transform,
  rootDir: '.',
  setupFilesAfterEnv: ['<rootDir>/tests/support/end-leftovers.ts'],
};
const in_ = (...rooms) => rooms.map((room) => `<rootDir>/tests/${room}/**/*.test.ts`);

/**
 * `unit` needs nothing; `server` runs whole benchmarks on real Temporal servers; `quick-faults` kills what they run in,
 * and what it judges wants nothing beside it; `faults` is the rest of that, for longer.
 */
export default {
  projects: [
    {
      ...base,
      displayName: 'unit',
      testMatch: in_(
        'spec',
        'measurement',
        'report',
        'load-workflows',
        'infra',
        'activities',
        'orchestrator',
        'cli',
        'machine',
        'replay',
        'temporal',
        'executor',
        'docs',
      ),
    },
    { ...base, displayName: 'server', testMatch: in_('e2e', 'memory-frontend') },
    // Takes longer: npm run test:long
    { ...base, displayName: 'long', testMatch: in_('long') },
    { ...base, displayName: 'quick-faults', testMatch: in_('faults/quick') },
    // On a cluster built from source, on PostgreSQL: npm run test:on-postgres
    { ...base, displayName: 'on-postgres', testMatch: in_('on-postgres') },
    // What brings it to where it is run, by stand-ins of AWS and Terraform's provider.
    { ...base, displayName: 'deploy', testMatch: in_('aws', 'terraform') },
    // What takes longer of that: npm run test:infra
    { ...base, displayName: 'image', testMatch: in_('image') },
    // Not a test: writes tests/replay/histories (npm run record-histories).
    { ...base, displayName: 'record', testMatch: ['<rootDir>/tests/record/*.ts'] },
    {
      ...base,
      displayName: 'faults',
      testMatch: ['<rootDir>/tests/faults/*.test.ts'],
    },
  ],
};
