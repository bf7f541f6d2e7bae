// `npm run bench`: sets up what is missing, then `benchmark run` with whatever follows `--`.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { root, setUp } from './setup.mjs';

setUp();
const child = spawn(process.execPath, [join(root, 'dist/cli/main.js'), 'run', ...process.argv.slice(2)], {
  stdio: 'inherit',
});
// Ctrl-C reaches the command itself; this process only passes on how it ended.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => child.kill('SIGTERM'));
child.on('exit', (code, signal) => process.exit(signal ? 1 : (code ?? 1)));
