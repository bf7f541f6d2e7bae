/** The workflow type of a run. */
export const BENCHMARK_RUN = 'BenchmarkRun';
/** The workflow type of a capacity search. */
export const CAPACITY_SEARCH = 'CapacitySearch';
/** The workflow type that returns which target the workers reach. */
export const TARGET_CHECK = 'TargetCheck';
/** The failure type of a run whose spec is invalid. */
export const BAD_SPEC = 'BadSpec';
/** The failure type of a run that could not measure. Its details contain the result. */
export const RUN_FAILED = 'RunFailed';
/** The failure type of an activity that finds the run's namespace deleted. */
export const NAMESPACE_GONE = 'NamespaceGone';
/** The failure type of a process that reaches another cluster than the run's. */
export const OTHER_CLUSTER = 'OtherCluster';
/** Failure types of activities that the user can fix by changing the spec or the settings; the exit code is 104. */
export const MISCONFIGURED = [
  'NamespaceDenied',
  'NoNamespace',
  'RetentionTooShort',
  'RateRefused',
  'ConnectionConfig',
  'NoPollers',
  OTHER_CLUSTER,
] as const;
