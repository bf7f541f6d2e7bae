import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ServerCredentials } from '@grpc/grpc-js';
import forge from 'node-forge';

interface Pair {
  readonly cert: forge.pki.Certificate;
  readonly key: forge.pki.rsa.PrivateKey;
}

/** An authority of a test's own, a server's certificate for this machine, and a client's; the latter as files. */
export function makeCertificates() {
  const ca = issue('test authority', undefined, [{ name: 'basicConstraints', cA: true }]);
  const server = issue('test server', ca, [
    {
      name: 'subjectAltName',
      altNames: [
        { type: 2, value: 'localhost' },
        { type: 7, ip: '127.0.0.1' },
      ],
    },
  ]);
  const client = issue('test client', ca, [{ name: 'extKeyUsage', clientAuth: true }]);
  const dir = mkdtempSync(join(tmpdir(), 'benchmark-tls-'));
  const file = (name: string, pem: string) => {
    writeFileSync(join(dir, name), pem, { mode: 0o600 });
    return join(dir, name);
  };
  return {
    /** Accepts clients with a certificate of this authority. */
    credentials: ServerCredentials.createSsl(
      Buffer.from(pemOf(ca)),
      [{ cert_chain: Buffer.from(pemOf(server)), private_key: Buffer.from(keyOf(server)) }],
      true,
    ),
    caFile: file('ca.pem', pemOf(ca)),
    certFile: file('client.pem', pemOf(client)),
    keyFile: file('client.key', keyOf(client)),
    /** The secret part of the client's key: one line of it. */
    keySecret: keyOf(client).split('\n')[3]!.trim(),
  };
}

function issue(commonName: string, by: Pair | undefined, extensions: object[]): Pair {
  const keys = forge.pki.rsa.generateKeyPair(2048);
  const cert = forge.pki.createCertificate();
  cert.publicKey = keys.publicKey;
  cert.serialNumber = `01${forge.util.bytesToHex(forge.random.getBytesSync(8))}`;
  cert.validity.notBefore = new Date(Date.now() - 3_600_000);
  cert.validity.notAfter = new Date(Date.now() + 86_400_000);
  const subject = [{ name: 'commonName', value: commonName }];
  cert.setSubject(subject);
  cert.setIssuer(by ? by.cert.subject.attributes : subject);
  cert.setExtensions(extensions);
  cert.sign(by?.key ?? keys.privateKey, forge.md.sha256.create());
  return { cert, key: keys.privateKey };
}

function pemOf({ cert }: Pair): string {
  return forge.pki.certificateToPem(cert);
}

/** As PKCS #8, which every TLS library reads. */
function keyOf({ key }: Pair): string {
  return forge.pki.privateKeyInfoToPem(forge.pki.wrapRsaPrivateKey(forge.pki.privateKeyToAsn1(key)));
}
