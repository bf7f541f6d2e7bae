import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { SDK_VERSION } from '../temporal/wire/endpoint';

/** Returns the build id that the SDK derives from a workflow bundle. */
export function buildIdOf(bundleFile: string): string {
  const hash = createHash('sha256').update(readFileSync(bundleFile, 'utf8')).digest('hex');
  return `@temporalio/worker@${SDK_VERSION}+${hash}`;
}
