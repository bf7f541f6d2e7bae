import type { BenchmarkResult } from '../../report/result-schema';
import { iterated } from './iterated';

const GENERATOR = {
  identity: 'generator@box:123',
  attempts: 1,
  eventLoopUtilization: 0.1,
  eventLoopDelayP99Ms: 1,
  cpuThrottledShare: null,
  clockOffsetMs: 0,
  clockUncertaintyMs: 1,
  maxResidentBytes: 1e8,
  observerRetries: 0,
  maxInFlight: 10,
  capLowered: 0,
};

/** Returns a result of {@link iterated} that has all facts on which a calibration depends. */
export function calibratable(factor = 1, change: Partial<BenchmarkResult> = {}): BenchmarkResult {
  const result = iterated(factor);
  const machine = {
    cpus: 4,
    cpuQuota: null,
    memoryBytes: 2 ** 33,
    memoryLimitBytes: null,
    platform: 'linux/x64',
    node: '20.0.0',
    sdk: '1.0.0',
    instanceType: 'unknown',
    task: 'unknown',
  };
  return {
    ...result,
    generators: [{ ...GENERATOR, machine }],
    system: { ...result.system, dynamicConfig: [] },
    ...change,
  };
}
