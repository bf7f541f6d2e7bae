/** Reports whether an address, host:port, is on this machine. */
export function isLoopback(address: string): boolean {
  const host = address.replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

/** Returns host:port of an address that may name gRPC's default resolver, such as `dns:///frontend:7233`. */
export function withoutScheme(address: string): string {
  return address.replace(/^dns:(?:\/\/\/)?(?=[^/]+:\d+$)/, '');
}
