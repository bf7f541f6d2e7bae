import { homedir } from 'node:os';
import { cacheDir, stateDir } from '../../machine/paths';

test('the folders for state and cache are those of the user, and a relative or empty one is ignored', () => {
  expect(stateDir({ XDG_STATE_HOME: '/var/state' })).toBe('/var/state/temporal-benchmark');
  expect(cacheDir({ XDG_CACHE_HOME: '/var/cache' })).toBe('/var/cache/temporal-benchmark');
  for (const dir of [undefined, '', '.', 'state', '../state']) {
    expect(stateDir({ XDG_STATE_HOME: dir })).toBe(`${homedir()}/.local/state/temporal-benchmark`);
    expect(cacheDir({ XDG_CACHE_HOME: dir })).toBe(`${homedir()}/.cache/temporal-benchmark`);
  }
});
