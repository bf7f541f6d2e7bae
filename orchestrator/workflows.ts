/** The workflows of the control namespace: the entry of their prebuilt bundle. */
export { BenchmarkRun } from './benchmark-run';
export { CapacitySearch } from './capacity-search';
export { LoadStep } from './load-step';
export { Hosts } from './hosts';
export { TargetCheck } from './target-check';
