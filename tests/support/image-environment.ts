import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Returns the variables BENCHMARK_… that the image sets, before those of a container. */
export function imageEnvironment(): Record<string, string> {
  const text = readFileSync(join(__dirname, '..', '..', 'Dockerfile'), 'utf8');
  const base = text.slice(0, text.indexOf('AS standalone'));
  return Object.fromEntries([...base.matchAll(/\b(BENCHMARK_\w+)=(\S+)/g)].map(([, name, value]) => [name!, value!]));
}
