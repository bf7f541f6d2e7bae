import { Sha256 } from '@aws-crypto/sha256-js';
import { SignatureV4 } from '@smithy/signature-v4';

/** Returns the region in the address of an Amazon Managed Prometheus workspace; undefined for any other address. */
export function apsRegion(url: string): string | undefined {
  return /^aps-workspaces\.([a-z0-9-]+)\.amazonaws\.com(\.cn)?$/.exec(new URL(url).hostname)?.[1];
}

let signers: Promise<(region: string) => SignatureV4> | undefined;

/**
 * Returns a signer with the AWS SDK's default credentials: environment, profile, or the role of the task or instance. The
 * SDK renews them.
 */
async function signerFor(region: string): Promise<SignatureV4> {
  signers ??= import('@aws-sdk/credential-provider-node').then(({ defaultProvider }) => {
    const credentials = defaultProvider();
    return (name: string) => new SignatureV4({ service: 'aps', region: name, credentials, sha256: Sha256 });
  });
  return (await signers)(region);
}

/** Returns the headers of a form POST, signed with AWS Signature Version 4 for Amazon Managed Prometheus. */
export async function signedHeaders(url: string, body: string, region: string): Promise<Record<string, string>> {
  const { protocol, hostname, port, host, pathname } = new URL(url);
  const signed = await (
    await signerFor(region)
  ).sign({
    method: 'POST',
    protocol,
    hostname,
    port: port === '' ? undefined : Number(port),
    path: pathname,
    query: {},
    headers: { host, 'content-type': 'application/x-www-form-urlencoded;charset=UTF-8' },
    body,
  });
  const { host: _, ...headers } = signed.headers;
  return headers;
}
