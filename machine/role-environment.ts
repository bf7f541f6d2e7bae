import type { Session } from './session';

/**
 * Returns the environment of the role processes of a local run. Embedded servers are reached with options of our own
 * only: the user's settings of an API key, of TLS or of a profile do not apply to them.
 */
export function roleEnvironment(
  { run, processes }: Pick<Session, 'run' | 'processes'>,
  base: NodeJS.ProcessEnv,
): NodeJS.ProcessEnv {
  const isForMetrics = (name: string) => name.startsWith('BENCHMARK_SERVER_');
  const isForTarget = (name: string) => /^TEMPORAL_(?!CLI_PATH$)/.test(name);
  const kept = Object.entries(base).filter(
    ([name]) =>
      !name.startsWith('BENCHMARK_CONTROL_') && !(run.embeddedTarget && (isForTarget(name) || isForMetrics(name))),
  );
  return {
    ...Object.fromEntries(kept),
    BENCHMARK_CONTROL_EMBEDDED_ADDRESS: processes.controlAddress,
    BENCHMARK_CONNECT_TIMEOUT_MS: String(run.connectTimeoutMs),
    ...(run.embeddedTarget
      ? {
          BENCHMARK_EMBEDDED_ADDRESS: processes.targetAddress,
          BENCHMARK_EMBEDDED_TARGET: JSON.stringify(run.targetDynamicConfig ?? []),
          BENCHMARK_SERVER_METRICS: `http://${processes.targetMetrics}/metrics`,
        }
      : {}),
  };
}
