// What scripts/run-benchmark, get-benchmark-results and scale-workers are: set up what is missing, then the one named.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { root, setUp } from './setup.mjs';

setUp();
const { status } = spawnSync(process.execPath, [join(root, 'dist/scripts/aws/main.js'), ...process.argv.slice(2)], {
  stdio: 'inherit',
  // Of Node versions that a later SDK would need; the one that is used is pinned.
  env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true', ...process.env },
});
process.exit(status ?? 1);
