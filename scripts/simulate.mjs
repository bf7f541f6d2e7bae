// `npm run simulate -- 1000`: the drift test and the capacity search against simulated clusters.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { root, setUp } from './setup.mjs';

setUp();
const script = join(root, 'dist', 'scripts', 'simulation', 'main.js');
process.exit(spawnSync(process.execPath, [script, ...process.argv.slice(2)], { stdio: 'inherit' }).status ?? 1);
