import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundleWorkflowCode, type WorkerOptions } from '@temporalio/worker';

type Configuration = Parameters<NonNullable<NonNullable<WorkerOptions['bundlerOptions']>['webpackConfigHook']>>[0];

/**
 * The sandbox freezes its globals, and the histogram library's browser build and its WebAssembly loader patch them when
 * they are loaded. Its plain build without the loader needs neither.
 */
function inSandbox(config: Configuration): Configuration {
  const alias = {
    'hdr-histogram-js$': require.resolve('hdr-histogram-js'),
    // Of its browser build no named export comes through.
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

/** Bundles the two sandboxes once, at build time, by the SDK version that will run them. */
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
