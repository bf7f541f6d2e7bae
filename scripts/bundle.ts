import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundleWorkflowCode, type WorkerOptions } from '@temporalio/worker';

type Configuration = Parameters<NonNullable<NonNullable<WorkerOptions['bundlerOptions']>['webpackConfigHook']>>[0];

/**
 * Replaces the histogram library's browser build and its WebAssembly loader, because both patch globals when they load and the
 * sandbox freezes its globals.
 */
function inSandbox(config: Configuration): Configuration {
  const alias = {
    'hdr-histogram-js$': require.resolve('hdr-histogram-js'),
    // The named exports of its browser build do not reach the bundle.
    'simple-statistics$': require.resolve('simple-statistics'),
    [join(require.resolve('hdr-histogram-js'), '..', 'wasm')]: join(
      __dirname,
      '..',
      'measurement',
      'account',
      'no-wasm.js',
    ),
  };
  return { ...config, resolve: { ...config.resolve, alias: { ...config.resolve?.alias, ...alias } } };
}

/** Bundles both workflow sandboxes at build time, with the SDK version that runs them. */
async function main(): Promise<void> {
  const dist = join(__dirname, '..');
  mkdirSync(join(dist, 'bundles'), { recursive: true });
  const quiet = () => undefined;
  const logger = { log: quiet, trace: quiet, debug: quiet, info: quiet, warn: console.warn, error: console.error };
  for (const [name, entry] of [
    ['orchestrator', 'orchestrator/workflows.js'],
    ['load-workflows', 'load-workflows/workflows.js'],
  ] as const) {
    const { code } = await bundleWorkflowCode({
      workflowsPath: join(dist, entry),
      logger,
      webpackConfigHook: inSandbox,
    });
    writeFileSync(join(dist, 'bundles', `${name}.js`), code);
  }
}

void main().catch((err: unknown) => {
  console.error(err);
  process.exit(1);
});
