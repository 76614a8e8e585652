import { copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { armourFeatureKey } from '../stand-ins/feature-key.js';
import { CertificateMaker } from './certificates.js';

/** What an administrator has on the stick for logins and https: metadata, a certificate with its CA, an old key. */
export async function identityFiles(dir: string, name: string): Promise<void> {
  const maker = new CertificateMaker();
  try {
    const ca = maker.make({ cn: 'House CA', ca: true });
    const server = maker.make({ cn: name, by: ca, san: `DNS:${name},DNS:*.${name}` });
    await copyFile(ca.certificateFile, join(dir, 'house-ca.pem'));
    await copyFile(server.certificateFile, join(dir, 'sandstorm.pem'));
    await copyFile(server.keyFile, join(dir, 'sandstorm.key'));
    await writeFile(join(dir, 'idp-metadata.xml'), metadata(ca.certificate.replace(/-----.*-----|\s/g, '')));
    // A message in which everything is as if nothing had been said, packed.
    await writeFile(join(dir, 'feature-key.txt'), armourFeatureKey(Buffer.from([0x10, 1, 0, 0])));
  } finally {
    maker.remove();
  }
}

function metadata(certificate: string): string {
  return `<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" xmlns:ds="http://www.w3.org/2000/09/xmldsig#" entityID="https://idp.corp.lan/">
  <IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
    <KeyDescriptor use="signing"><ds:KeyInfo><ds:X509Data><ds:X509Certificate>${certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></KeyDescriptor>
    <NameIDFormat>urn:oasis:names:tc:SAML:2.0:nameid-format:persistent</NameIDFormat>
    <SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="https://idp.corp.lan/sso"/>
  </IDPSSODescriptor>
</EntityDescriptor>
`;
}
