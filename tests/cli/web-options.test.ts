import fc from 'fast-check';
import { webAddress, webOptions } from '../../cli/web-options';

test('the live page is on this machine and on a free port, unless an address is set', () => {
  expect(webOptions({})).toBeUndefined();
  expect(webOptions({ web: true })).toEqual({ host: '127.0.0.1', port: 0, isRemote: false });
  expect(webAddress({ 'web-address': 'localhost:8080' })).toEqual({ host: '127.0.0.1', port: 8080, isRemote: false });
  expect(webAddress({ 'web-address': '[::1]:0' })).toEqual({ host: '::1', port: 0, isRemote: false });
});

test('an address that other machines reach is refused without --web-remote', () => {
  const number = fc.integer({ min: 0, max: 255 }).map(String);
  const other = fc.tuple(number, number, number, number).filter(([first]) => first !== '127');
  const host = fc.oneof(
    other.map((parts) => parts.join('.')),
    fc.constantFrom('example.com', 'localhost.example.com', '127.0.0.1.example.com', '[::]', '[fe80::1]'),
  );
  fc.assert(
    fc.property(host, fc.integer({ min: 0, max: 65_535 }), (name, port) => {
      const argv = { 'web-address': `${name}:${port}` };
      expect(() => webAddress(argv)).toThrow(
        /reachable from other machines; expected a loopback address .*--web-remote/,
      );
      expect(webAddress({ ...argv, 'web-remote': true })).toEqual({
        host: name.replace(/[[\]]/g, ''),
        port,
        isRemote: true,
      });
    }),
  );
});

test.each(['8080', '127.0.0.1', '127.0.0.1:65536', ':8080', 'a b:1', '::1:80'])(
  'the address %j is refused',
  (address) => {
    expect(() => webAddress({ 'web-address': address, 'web-remote': true })).toThrow(/expected host:port/);
  },
);

test('options of the page require the page', () => {
  expect(() => webOptions({ 'web-address': '127.0.0.1:1' })).toThrow('--web-address requires --web');
  expect(() => webOptions({ 'web-remote': true })).toThrow('--web-remote requires --web');
});
