import { fail, pass, warn } from '../../preflight/check.js';
import { finding, type Finding } from '../finding.js';
import type { ResponseContext } from './judge-response.js';
import { readCertificate, type SigningCertificate } from './metadata.js';
import { seen } from './seen-by-sandstorm.js';
import { isSignedBy, signatureFacts, unknownAlgorithm, type SignatureFacts } from './signature.js';
import type { XmlElement } from './xml.js';

/** The first signature of the document, checked with the certificate of the form: one is enough for Sandstorm. */
export function judgeSignature(xml: string, document: XmlElement, context: ResponseContext): Finding[] {
  const facts = signatureFacts(document);
  if (facts === undefined) {
    const result = fail('neither the response nor the assertion is signed', {
      fix: ['let the provider sign the assertion, or the response'],
    });
    return [finding('response.signature', result)];
  }
  const unknown = unknownAlgorithm(facts);
  if (unknown !== undefined) {
    const result = fail(`signed with an algorithm that Sandstorm does not know: ${unknown}`, {
      fix: ['let the provider sign with RSA and SHA-256'],
    });
    return [finding('response.signature', result)];
  }
  if (!isSignedBy(xml, context.certificate.base64)) {
    return [finding('response.signature', wrongSignature(xml, facts, context))];
  }
  const weak = facts.algorithm.endsWith('sha1') ? ' (with SHA-1, which is weak)' : '';
  return [
    finding('response.signature', pass(`by the certificate of the form${weak}`)),
    ...judgeCover(document, facts),
  ];
}

function wrongSignature(xml: string, facts: SignatureFacts, { others }: ResponseContext) {
  const claimed =
    facts.claimedCertificate === undefined ? undefined : readCertificate(facts.claimedCertificate);
  const candidates = [...others, ...(claimed === undefined ? [] : [claimed])];
  const signer = candidates.find(({ base64 }) => isSignedBy(xml, base64));
  if (signer === undefined) {
    return fail('the signature does not fit: the answer was changed on its way, or saved incompletely', {
      fix: [
        'catch it anew, byte for byte; if it stays so, something between provider and browser changes it',
      ],
    });
  }
  const listed = others.some(({ fingerprint }) => fingerprint === signer.fingerprint);
  const whose = listed
    ? "another one of the provider's metadata"
    : 'one that came with it and proves nothing yet';
  return fail([`signed with another certificate than that of the form: ${whose}`, describe(signer)], {
    fix: listed
      ? [`paste at /admin/login: ${signer.base64}`]
      : ['fetch the metadata anew; if they name this certificate, paste it at /admin/login'],
  });
}

/** A signature over something else than what is read is how answers are forged (signature wrapping). */
function judgeCover(document: XmlElement, { covers }: SignatureFacts): Finding[] {
  const ids = [document, seen(document, 'Assertion')].flatMap((one) => one?.attributes.get('ID') ?? []);
  if (covers.some((id) => id === '' || ids.includes(id))) return [];
  const line =
    'the signature covers another part than the assertion that is read. Sandstorm would not notice';
  return [
    finding(
      'response.signed-part',
      warn(line, { fix: ['treat this answer as forged until you know better'] }),
    ),
  ];
}

function describe({ subject, fingerprint }: SigningCertificate): string {
  return `${subject}, SHA-256 ${fingerprint}`;
}
