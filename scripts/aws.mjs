// What scripts/run-benchmark, get-benchmark-results and scale-workers are: set up what is missing, then the one named.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { root, setUp } from './setup.mjs';

setUp();
const child = spawn(process.execPath, [join(root, 'dist/scripts/aws/main.js'), ...process.argv.slice(2)], {
  stdio: 'inherit',
  // Of Node versions that a later SDK would need; the one that is used is pinned.
  env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true', ...process.env },
});
// Ctrl-C reaches both; the script scales down what it has scaled up, and ends by itself.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => child.kill('SIGTERM'));
child.once('exit', (code) => process.exit(code ?? 1));
