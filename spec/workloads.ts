/** What one arrival may start; load-workflows/catalog.ts has the particulars of each. */
export const WORKLOADS = [
  'simple',
  'multi-activity',
  'timer',
  'child-workflow',
  'state-transitions',
  'local-activities',
  'retry',
  'continue-as-new',
  'payload',
  'idle',
  'signal',
  'update',
  'update-with-start',
  'query',
  'external',
  'mix',
] as const;
export type WorkloadName = (typeof WORKLOADS)[number];
