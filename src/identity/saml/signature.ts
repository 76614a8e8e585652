import { DOMParser, XMLSerializer } from '@xmldom/xmldom';
import { SignedXml } from 'xml-crypto';
import { NS } from './names.js';
import { childOf, childrenOf, within, type XmlElement } from './xml.js';

/** What the signature that Sandstorm would look at, the first of the document, says of itself. */
export interface SignatureFacts {
  readonly algorithm: string;
  readonly digests: readonly string[];
  readonly transforms: readonly string[];
  /** Ids of what it covers; "" is the whole document. */
  readonly covers: readonly string[];
  /** Certificate that came along: a claim, not a proof. One line of base64. */
  readonly claimedCertificate: string | undefined;
}

const RSA = [
  'http://www.w3.org/2000/09/xmldsig#rsa-sha1',
  'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
  'http://www.w3.org/2001/04/xmldsig-more#rsa-sha512',
];
const DIGESTS = [
  'http://www.w3.org/2000/09/xmldsig#sha1',
  'http://www.w3.org/2001/04/xmlenc#sha256',
  'http://www.w3.org/2001/04/xmlenc#sha512',
];
const TRANSFORMS = [
  'http://www.w3.org/2000/09/xmldsig#enveloped-signature',
  'http://www.w3.org/2001/10/xml-exc-c14n#',
  'http://www.w3.org/2001/10/xml-exc-c14n#WithComments',
  'http://www.w3.org/TR/2001/REC-xml-c14n-20010315',
  'http://www.w3.org/TR/2001/REC-xml-c14n-20010315#WithComments',
];

export function signatureFacts(document: XmlElement): SignatureFacts | undefined {
  const [signature] = within(document, NS.signature, 'Signature');
  if (signature === undefined) return undefined;
  const info = childOf(signature, NS.signature, 'SignedInfo');
  const references = childrenOf(info, NS.signature, 'Reference');
  const algorithmIn = (element: XmlElement | undefined, name: string): string =>
    childOf(element, NS.signature, name)?.attributes.get('Algorithm') ?? '';
  return {
    algorithm: algorithmIn(info, 'SignatureMethod'),
    digests: references.map((reference) => algorithmIn(reference, 'DigestMethod')),
    transforms: references
      .flatMap((reference) =>
        childrenOf(childOf(reference, NS.signature, 'Transforms'), NS.signature, 'Transform'),
      )
      .map((transform) => transform.attributes.get('Algorithm') ?? ''),
    covers: references.map((reference) => (reference.attributes.get('URI') ?? '').replace(/^#/, '')),
    claimedCertificate: within(signature, NS.signature, 'X509Certificate')[0]?.text.replace(/\s+/g, ''),
  };
}

/** The first algorithm in it that Sandstorm's xml-crypto (2.1) has not; undefined when all is well. */
export function unknownAlgorithm({ algorithm, digests, transforms }: SignatureFacts): string | undefined {
  if (!RSA.includes(algorithm)) return algorithm;
  return digests.find((one) => !DIGESTS.includes(one)) ?? transforms.find((one) => !TRANSFORMS.includes(one));
}

/**
 * Whether the first signature of the document is by that certificate's key over what it covers. The document must
 * have been read within limits before.
 * @param base64 one line
 */
export function isSignedBy(xml: string, base64: string): boolean {
  const signed = new SignedXml({ publicCert: pem(base64), getCertFromKeyInfo: () => null });
  try {
    const document = new DOMParser({ errorHandler: () => undefined }).parseFromString(xml, 'text/xml');
    const signature = document.getElementsByTagNameNS(NS.signature, 'Signature').item(0);
    if (signature === null) return false;
    signed.loadSignature(new XMLSerializer().serializeToString(signature));
    return signed.checkSignature(xml);
  } catch {
    // It throws for a digest that does not fit as for a form that is broken; either way nothing is proven.
    return false;
  }
}

function pem(base64: string): string {
  const lines = base64.match(/.{1,64}/g) ?? [];
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
}
