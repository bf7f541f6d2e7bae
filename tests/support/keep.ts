import { existsSync, renameSync, rmSync } from 'node:fs';

/** Gives a complete folder its name. Another test file may have installed the same at the same time. */
export function keep(partial: string, dir: string): void {
  try {
    renameSync(partial, dir);
  } catch (err) {
    if (!existsSync(dir)) throw err;
    rmSync(partial, { recursive: true, force: true });
  }
}
