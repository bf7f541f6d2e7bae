import type { SearchProgress } from '../orchestrator/messages';

/** Returns what is known about each limit of a search, e.g. `p99=5s: 80/s holds, 113/s does not`. */
export function describeBrackets({ goals }: SearchProgress): string[] {
  return goals.map(({ name, good, bad }) => {
    const lower = good === undefined ? 'no rate tried yet' : `${good}/s holds`;
    return `${name}: ${lower}${bad === undefined ? '' : `, ${bad}/s does not`}`;
  });
}

/** Returns the state of a search for one line: the trial, and the bracket of the limit that is searched. */
export function describeSearch(search: SearchProgress): string {
  const { goals, trials, current } = search;
  const open = goals.findIndex(({ end }) => end === undefined);
  const trial = current ? `trial ${trials.length + 1}: ${current.phase} ${current.rate}/s` : 'between two trials';
  const bracket = describeBrackets(search)[open === -1 ? 0 : open]!;
  return `${trial}  ${bracket}`;
}
