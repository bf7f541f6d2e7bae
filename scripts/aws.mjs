// Entry point of scripts/run-benchmark, get-benchmark-results and scale-workers: builds what is missing, then runs the named script.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { root, setUp } from './setup.mjs';

setUp();
const child = spawn(process.execPath, [join(root, 'dist/scripts/aws/main.js'), ...process.argv.slice(2)], {
  stdio: 'inherit',
  // Hides a warning about Node versions that a later AWS SDK will need; the SDK version is pinned.
  env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true', ...process.env },
});
// Ctrl-C reaches both processes. The script scales down what it scaled up and then exits.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => child.kill('SIGTERM'));
child.once('exit', (code) => process.exit(code ?? 1));
