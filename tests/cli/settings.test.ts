import { rolesOf } from '../../cli/roles';
import { isSwitchedOn, readSetting, toWholeNumber } from '../../cli/settings';

test('a flag beats the variables, of which the first that is set applies', () => {
  const variables = ['A', 'B'];
  expect(readSetting({ flag: 'f' }, 'flag', variables, { A: 'a' })).toEqual({ name: '--flag', value: 'f' });
  expect(readSetting({}, 'flag', variables, { A: 'a', B: 'b' })).toEqual({ name: 'A', value: 'a' });
  expect(readSetting({}, 'flag', variables, { A: '', B: 'b' })).toEqual({ name: 'B', value: 'b' });
  expect(readSetting({}, 'flag', variables, {})).toBeUndefined();
});

test.each(['BENCHMARK_WORKER_ONLY', 'BENCHMARK_ATTACH', 'BENCHMARK_WITH_WORKER'])(
  '%s is on, off, or an error',
  (variable) => {
    const isOn = (value: string) => isSwitchedOn({}, 'switch', variable, { [variable]: value });
    expect(['true', '1'].map(isOn)).toEqual([true, true]);
    expect(['false', '0', ''].map(isOn)).toEqual([false, false, false]);
    expect(() => isOn('yes')).toThrow(`${variable}: "yes" is invalid; expected true or false`);
  },
);

test('a flag switches off what a variable switches on', () => {
  expect(isSwitchedOn({ attach: false }, 'attach', 'BENCHMARK_ATTACH', { BENCHMARK_ATTACH: 'true' })).toBe(false);
});

test.each(['1', '101', '2.5', 'two', ''])('%j is not a whole number from 2 to 100', (value) => {
  expect(() => toWholeNumber('--n', value, 2, 100)).toThrow(
    `--n: ${JSON.stringify(value)} is invalid; expected a whole number from 2 to 100`,
  );
  expect(toWholeNumber('--n', '2', 2, 100)).toBe(2);
  expect(toWholeNumber('--n', '100', 2, 100)).toBe(100);
});

test('roles are read once each; only generators have a number', () => {
  const roles = { name: '--roles', value: 'host, generator,host' };
  expect(rolesOf(roles, { name: '--generators', value: '3' })).toEqual([
    { role: 'host', count: 1 },
    { role: 'generator', count: 3 },
  ]);
  expect(() => rolesOf({ name: 'BENCHMARK_ROLES', value: 'boss' }, { name: '--generators', value: '3' })).toThrow(
    'BENCHMARK_ROLES: "boss" is invalid; expected one or more of control, generator, host, separated by commas',
  );
  expect(() => rolesOf(roles, { name: 'BENCHMARK_GENERATORS', value: '0' })).toThrow(
    'BENCHMARK_GENERATORS: "0" is invalid; expected a whole number from 1 to 200',
  );
});
