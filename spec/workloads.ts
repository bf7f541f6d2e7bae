/** The workloads: what one arrival can start. load-workflows/catalog.ts describes each of them. */
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
