import { Sha256 } from '@aws-crypto/sha256-js';
import { SignatureV4 } from '@smithy/signature-v4';

/** Returns the region in the address of an Amazon Managed Prometheus workspace; undefined for any other address. */
export function apsRegion(url: string): string | undefined {
  return /^aps-workspaces\.([a-z0-9-]+)\.amazonaws\.com(\.cn)?$/.exec(new URL(url).hostname)?.[1];
}

/** The AWS service, such as `aps` (Amazon Managed Prometheus) or `monitoring` (CloudWatch), and its region. */
export interface SigningScope {
  readonly service: string;
  readonly region: string;
}

let signers: Promise<(scope: SigningScope) => SignatureV4> | undefined;

/**
 * Returns a signer with the AWS SDK's default credentials: environment, profile, or the role of the task or instance. The
 * SDK renews them.
 */
async function signerFor(scope: SigningScope): Promise<SignatureV4> {
  signers ??= import('@aws-sdk/credential-provider-node').then(({ defaultProvider }) => {
    const credentials = defaultProvider();
    return ({ service, region }: SigningScope) => new SignatureV4({ service, region, credentials, sha256: Sha256 });
  });
  return (await signers)(scope);
}

/** Returns the headers of a POST, with these ones, signed with AWS Signature Version 4. */
export async function signedHeaders(
  url: string,
  body: string,
  scope: SigningScope,
  own: Readonly<Record<string, string>>,
): Promise<Record<string, string>> {
  const { protocol, hostname, port, host, pathname } = new URL(url);
  const signed = await (
    await signerFor(scope)
  ).sign({
    method: 'POST',
    protocol,
    hostname,
    port: port === '' ? undefined : Number(port),
    path: pathname,
    query: {},
    headers: { host, ...own },
    body,
  });
  const { host: _, ...headers } = signed.headers;
  return headers;
}
