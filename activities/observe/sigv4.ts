import { Sha256 } from '@aws-crypto/sha256-js';
import { SignatureV4 } from '@smithy/signature-v4';

/** The region of an Amazon Managed Prometheus workspace, from its address; undefined for any other. */
export function apsRegion(url: string): string | undefined {
  return /^aps-workspaces\.([a-z0-9-]+)\.amazonaws\.com(\.cn)?$/.exec(new URL(url).hostname)?.[1];
}

let signers: Promise<(region: string) => SignatureV4> | undefined;

/** Credentials by the order of the AWS SDK: environment, profile, role of the task or the instance; renewed by themselves. */
async function signerFor(region: string): Promise<SignatureV4> {
  signers ??= import('@aws-sdk/credential-provider-node').then(({ defaultProvider }) => {
    const credentials = defaultProvider();
    return (of: string) => new SignatureV4({ service: 'aps', region: of, credentials, sha256: Sha256 });
  });
  return (await signers)(region);
}

/** The headers of a form that is posted, with AWS Signature Version 4 for Amazon Managed Prometheus. */
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
