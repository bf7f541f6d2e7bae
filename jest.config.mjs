const transform = { '^.+\\.ts$': ['ts-jest', { diagnostics: false }] };
const base = { testEnvironment: 'node', transform, rootDir: '.' };
const in_ = (...rooms) => rooms.map((room) => `<rootDir>/tests/${room}/**/*.test.ts`);

/** `unit` needs nothing; `server` runs one file after another against real Temporal servers; `faults` breaks things. */
export default {
  projects: [
    {
      ...base,
      displayName: 'unit',
      testMatch: in_('spec', 'measurement', 'report', 'activities', 'orchestrator', 'cli', 'replay'),
    },
    { ...base, displayName: 'server', testMatch: in_('server', 'e2e') },
    { ...base, displayName: 'faults', testMatch: in_('faults') },
  ],
};
