import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/**
 * Returns when a process started, as text that identifies it together with its pid: the system may give the pid of an ended
 * process to another one, also after a reboot. Returns undefined if the process does not run, or nothing on this machine
 * reports its start.
 */
export function startOf(pid: number): string | undefined {
  if (pid <= 0) return undefined;
  const stat = read(`/proc/${pid}/stat`);
  // The fields follow the command's name in parentheses. The name may contain spaces and parentheses.
  const ticks = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  if (ticks !== undefined) return `${read('/proc/sys/kernel/random/boot_id')?.trim() ?? ''} ${ticks}`;
  return ps(pid, 'lstart=');
}

/** Returns the command line of a process; undefined if it does not run, or nothing on this machine reports it. */
export function commandOf(pid: number): string | undefined {
  return read(`/proc/${pid}/cmdline`)?.replaceAll('\0', ' ') ?? ps(pid, 'command=');
}

/** Returns whether a process runs. A zombie, which has exited but was not reaped, as in many containers, does not run. */
export function isAlive(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (err) {
    return (err as NodeJS.ErrnoException).code === 'EPERM';
  }
  return !isZombie(pid);
}

function isZombie(pid: number): boolean {
  // The state follows the command's name in parentheses. The name may contain spaces and parentheses.
  return /\) [ZX] /.test(read(`/proc/${pid}/stat`) ?? '');
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function ps(pid: number, field: string): string | undefined {
  const env = { ...process.env, PATH: `${process.env.PATH ?? ''}:/bin:/usr/bin` };
  const { stdout } = spawnSync('ps', ['-o', field, '-p', String(pid)], { encoding: 'utf8', env });
  return stdout?.trim() || undefined;
}
