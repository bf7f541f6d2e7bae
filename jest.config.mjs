const transform = { '^.+\\.ts$': ['ts-jest', { diagnostics: false }] };
const base = { testEnvironment: 'node', transform, rootDir: '.' };
const in_ = (...rooms) => rooms.map((room) => `<rootDir>/tests/${room}/**/*.test.ts`);

/** `unit` needs nothing; `server` runs one file after another against real Temporal servers; `faults` breaks things. */
export default {
  projects: [
    {
      ...base,
      displayName: 'unit',
      testMatch: in_('spec', 'measurement', 'report', 'activities', 'orchestrator', 'cli', 'machine', 'replay'),
    },
    { ...base, displayName: 'server', testMatch: [...in_('server', 'e2e'), '<rootDir>/tests/faults/quick/*.test.ts'] },
    // Not a test: writes tests/replay/histories (npm run record-histories).
    { ...base, displayName: 'record', testMatch: ['<rootDir>/tests/record/*.ts'] },
    {
      ...base,
      displayName: 'faults',
      testMatch: ['<rootDir>/tests/faults/*.test.ts', '<rootDir>/tests/faults/quick/*.test.ts'],
    },
  ],
};
