import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundleWorkflowCode } from '@temporalio/worker';

/** Bundles the two sandboxes once, at build time, by the SDK version that will run them. */
async function main(): Promise<void> {
  const dist = join(__dirname, '..');
  mkdirSync(join(dist, 'bundles'), { recursive: true });
  const quiet = () => undefined;
  const logger = { log: quiet, trace: quiet, debug: quiet, info: quiet, warn: console.warn, error: console.error };
  for (const [name, entry] of [['orchestrator', 'orchestrator/workflows.js'], ['load-workflows', 'load-workflows/workflows.js']] as const) {
    const { code } = await bundleWorkflowCode({ workflowsPath: join(dist, entry), logger });
    writeFileSync(join(dist, 'bundles', `${name}.js`), code);
  }
}

void main().catch((err: unknown) => {
  console.error(err);
  process.exit(1);
});
