// `npm run bench`: builds what is missing, then runs `benchmark run`, or the command that the
// arguments after `--` begin with: `npm run bench -- capacity`.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { root, setUp } from './setup.mjs';

setUp();
const args = process.argv.slice(2);
const command = args[0] === undefined || args[0].startsWith('-') ? ['run'] : [];
const child = spawn(process.execPath, [join(root, 'dist/cli/main.js'), ...command, ...args], { stdio: 'inherit' });
// Ctrl-C reaches the command directly. This process only exits with its exit code.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => child.kill('SIGTERM'));
child.on('exit', (code, signal) => process.exit(signal ? 1 : (code ?? 1)));
