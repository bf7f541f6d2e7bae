import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { ConnectionOptions as TlsOptions } from 'node:tls';
import type { Resolved } from '../connections';

/** The SDK that the calls present themselves as, because the executor must look like it to the server. */
export const SDK_NAME = 'temporal-typescript';
export const SDK_VERSION = '1.24.0';

const DEFAULT_PORT = 7233;

/** Where a wire connection leads and what each of its calls carries. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
  /** The `:authority` of each call. */
  readonly authority: string;
  /** TLS settings; undefined for plain text. */
  readonly tls?: TlsOptions;
  /** Headers that are the same for every call. */
  readonly headers: Readonly<Record<string, string>>;
}

/** The endpoint of a resolved connection. TLS is on if the settings say so or if there is an API key, as in the SDK. */
export function endpointOf({ address, options }: Resolved, namespace: string): Endpoint {
  const { host, port } = splitAddress(address);
  const { apiKey } = options;
  const tls = options.tls ?? apiKey !== undefined;
  const settings = typeof tls === 'object' && tls !== null ? tls : {};
  const { serverNameOverride, serverRootCACertificate, clientCertPair } = settings;
  const text = (pem: Uint8Array) => Buffer.from(pem);
  return {
    host,
    port,
    authority: serverNameOverride ?? joinAddress(host, port),
    tls: tls
      ? {
          servername: serverNameOverride ?? (isIP(host) ? undefined : host),
          host,
          ca: serverRootCACertificate && text(serverRootCACertificate),
          cert: clientCertPair && text(clientCertPair.crt),
          key: clientCertPair && text(clientCertPair.key),
        }
      : undefined,
    headers: {
      ...metadataHeaders(options.metadata ?? {}),
      ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
      'temporal-namespace': namespace,
      'client-name': SDK_NAME,
      'client-version': SDK_VERSION,
    },
  };
}

function metadataHeaders(metadata: Readonly<Record<string, string | Uint8Array>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(metadata).map(([name, value]) => [
      name.toLowerCase(),
      typeof value === 'string' ? value : Buffer.from(value).toString('base64'),
    ]),
  );
}

function splitAddress(address: string): { host: string; port: number } {
  const match = /^(?:\[(?<v6>[^\]]+)\]|(?<name>[^:]+))(?::(?<port>\d+))?$/.exec(address)?.groups;
  if (!match) throw new TypeError(`address: ${JSON.stringify(address)} is not valid; expected host:port`);
  return { host: (match.v6 ?? match.name)!, port: match.port === undefined ? DEFAULT_PORT : Number(match.port) };
}

function joinAddress(host: string, port: number): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** Every address of the endpoint's host, as the name service lists them now. */
export async function addressesOf({ host }: Pick<Endpoint, 'host'>): Promise<string[]> {
  if (isIP(host)) return [host];
  const found = await lookup(host, { all: true });
  // A name of this machine stands for one server, which may listen on one of its addresses only.
  return found.map(({ address }) => address);
}
