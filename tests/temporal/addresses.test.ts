import { isLoopback, withoutScheme } from '../../temporal/addresses';

test.each([
  ['localhost:7233', true],
  ['127.0.0.2:7233', true],
  ['[::1]:7233', true],
  ['127.example.com:7233', false],
  ['10.0.0.1:7233', false],
])('%s is on this machine: %s', (address, expected) => {
  expect(isLoopback(address)).toBe(expected);
});

test.each([
  ['dns:///frontend:7233', 'frontend:7233'],
  ['dns:frontend:7233', 'frontend:7233'],
  ['frontend:7233', 'frontend:7233'],
  ['dns:7233', 'dns:7233'],
])('%s means %s', (address, expected) => {
  expect(withoutScheme(address)).toBe(expected);
});
