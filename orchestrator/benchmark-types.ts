/** The workflow type of a run. */
export const BENCHMARK_RUN = 'BenchmarkRun';
/** The type of the failure with which a run ends that was told something wrong. */
export const BAD_SPEC = 'BadSpec';
/** The type of the failure with which a run ends that could not measure; its details hold the result all the same. */
export const RUN_FAILED = 'RunFailed';
/** The type of the failure of whoever looks for a run's workflows in a namespace that somebody has deleted. */
export const NAMESPACE_GONE = 'NamespaceGone';
/** Failures of activities that a change of the spec would mend: the run ends with 104. */
export const MISCONFIGURED = [
  'NamespaceDenied',
  'NoNamespace',
  'RetentionTooShort',
  'RateRefused',
  'ConnectionConfig',
  'NoPollers',
] as const;
