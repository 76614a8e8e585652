import { afterAll, describe, expect, it } from 'vitest';
import { SignedXml } from 'xml-crypto';
import { decodeCaptured } from '../../../../src/identity/saml/captured.js';
import { judgeResponse } from '../../../../src/identity/saml/judge-response.js';
import { readCertificate, type SigningCertificate } from '../../../../src/identity/saml/metadata.js';
import { serviceProvider } from '../../../../src/identity/saml/service-provider.js';
import { readDocument } from '../../../../src/identity/saml/refusals.js';
import { parseBaseUrl } from '../../../../src/server/addresses.js';
import { CertificateMaker, type Made } from '../../../helpers/certificates.js';
import { validateLikeSandstorm } from '../../../stand-ins/service-provider.js';

/* Answers of our own making, right and wrong. The stand-in, with Sandstorm's own libraries, is the judge of both. */

const maker = new CertificateMaker();
afterAll(() => maker.remove());
const idp = maker.make({ cn: 'idp' });
const other = maker.make({ cn: 'other' });
const elliptic = maker.make({ cn: 'curve', key: 'ec:P-256' });
const certificateOf = ({ certificate }: Made): SigningCertificate => {
  const read = readCertificate(certificate);
  if (read === undefined) throw new Error('no certificate');
  return read;
};

const AT = new Date('2026-11-22T03:00:10Z');
const BASE = 'https://sandstorm.test';
const CONSUMER = `${BASE}/_saml/validate/default`;

const RIGHT = `<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_response" Version="2.0" IssueInstant="2026-11-22T03:00:00Z" Destination="${CONSUMER}" InResponseTo="_request"><saml:Issuer>https://idp.test/</saml:Issuer><samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status><saml:Assertion ID="_assertion" Version="2.0" IssueInstant="2026-11-22T03:00:00Z"><saml:Issuer>https://idp.test/</saml:Issuer><saml:Subject><saml:NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent">ann-1</saml:NameID><saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData NotOnOrAfter="2026-11-22T03:05:00Z" Recipient="${CONSUMER}" InResponseTo="_request"/></saml:SubjectConfirmation></saml:Subject><saml:Conditions NotBefore="2026-11-22T02:59:30Z" NotOnOrAfter="2026-11-22T03:05:00Z"><saml:AudienceRestriction><saml:Audience>sandstorm.test</saml:Audience></saml:AudienceRestriction></saml:Conditions><saml:AttributeStatement><saml:Attribute Name="email"><saml:AttributeValue>ann@corp.test</saml:AttributeValue></saml:Attribute><saml:Attribute Name="displayName"><saml:AttributeValue>Ann</saml:AttributeValue></saml:Attribute></saml:AttributeStatement></saml:Assertion></samlp:Response>`;

const RSA_SHA256 = 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256';

function sign(
  xml: string,
  { key, certificate }: Made = idp,
  what = 'Assertion',
  algorithm = RSA_SHA256,
): string {
  const signed = new SignedXml({ privateKey: key, publicCert: certificate, signatureAlgorithm: algorithm });
  signed.canonicalizationAlgorithm = 'http://www.w3.org/2001/10/xml-exc-c14n#';
  signed.addReference({
    xpath: `//*[local-name(.)='${what}']`,
    digestAlgorithm: 'http://www.w3.org/2001/04/xmlenc#sha256',
    transforms: [
      'http://www.w3.org/2000/09/xmldsig#enveloped-signature',
      'http://www.w3.org/2001/10/xml-exc-c14n#',
    ],
  });
  signed.computeSignature(xml, {
    location: { reference: `//*[local-name(.)='${what}']/*[local-name(.)='Issuer']`, action: 'after' },
  });
  return signed.getSignedXml();
}

/** What the tool finds, and whether the stand-in takes it; they must not differ on that. */
function judge(xml: string, at = AT) {
  const sp = serviceProvider(parseBaseUrl(BASE));
  const context = { sp, certificate: certificateOf(idp), others: [certificateOf(other)], at };
  const findings = judgeResponse(xml, readDocument(xml, 'captured'), context);
  const of = (status: string): string[] =>
    findings.filter((one) => one.status === status).map(({ id }) => id);
  let taken = true;
  try {
    validateLikeSandstorm(
      Buffer.from(xml).toString('base64'),
      { certificate: idp.certificate, rootUrl: BASE },
      at,
    );
  } catch {
    taken = false;
  }
  return { failed: of('fail'), warned: of('warn'), taken, findings };
}

const edit =
  (what: string | RegExp, by: string) =>
  (xml: string): string => {
    const edited = xml.replace(what, by);
    if (edited === xml) throw new Error(`nothing to edit: ${String(what)}`);
    return edited;
  };
const prefixed = (from: string, to: string) => (xml: string) =>
  xml.replaceAll(new RegExp(`(</?|xmlns:)${from}\\b`, 'g'), `$1${to}`);

describe('right answers', () => {
  it.each<[string, string, string[]]>([
    ['the assertion signed', sign(RIGHT), []],
    ['the response signed', sign(RIGHT, idp, 'Response'), []],
    ['both signed', sign(sign(RIGHT), idp, 'Response'), []],
    ['SHA-1', sign(RIGHT, idp, 'Assertion', 'http://www.w3.org/2000/09/xmldsig#rsa-sha1'), []],
    ['Shibboleth prefixes', sign(prefixed('saml', 'saml2')(prefixed('samlp', 'saml2p')(RIGHT))), []],
    ['no Destination', sign(edit(/ Destination="[^"]*"/, '')(RIGHT)), []],
    ['mail by its OID', sign(edit('Name="email"', 'Name="urn:oid:0.9.2342.19200300.100.1.3"')(RIGHT)), []],
    [
      'AD claims',
      sign(
        edit(
          'Name="email"',
          'Name="http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress"',
        )(
          edit(
            'Name="displayName"',
            'Name="http://schemas.microsoft.com/identity/claims/displayname"',
          )(RIGHT),
        ),
      ),
      [],
    ],
    [
      'the address as name id',
      sign(
        edit(
          /2\.0:nameid-format:persistent">ann-1/,
          '1.1:nameid-format:emailAddress">ann@corp.test',
        )(edit('Name="email"', 'Name="groups"')(RIGHT)),
      ),
      ['response.name-id'],
    ],
    [
      'no displayName',
      sign(edit('Name="displayName"', 'Name="urn:oid:2.16.840.1.113730.3.1.241"')(RIGHT)),
      ['response.display-name'],
    ],
    [
      'another audience',
      sign(edit('<saml:Audience>sandstorm.test', '<saml:Audience>wiki.test')(RIGHT)),
      ['response.audience'],
    ],
    [
      'no confirmation',
      sign(edit(/<saml:SubjectConfirmation .*<\/saml:SubjectConfirmation>/, '')(RIGHT)),
      [],
    ],
  ])('%s', (_, xml, warned) => {
    expect(judge(xml)).toMatchObject({ failed: [], warned, taken: true });
  });
});

describe('wrong answers, each by its name', () => {
  const SIGNATURE = ['response.signature'];
  it.each<[string, string, string[]]>([
    ['not signed', RIGHT, SIGNATURE],
    ['changed afterwards', edit('ann@corp.test', 'eve@corp.test')(sign(RIGHT)), SIGNATURE],
    ['signed by another', sign(RIGHT, other), SIGNATURE],
    ['signed by a stranger', sign(RIGHT, maker.make({ cn: 'stranger' })), SIGNATURE],
    [
      'claiming an elliptic key',
      edit(RSA_SHA256, 'http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256')(sign(RIGHT)),
      SIGNATURE,
    ],
    [
      'the wrong host',
      sign(edit(`Destination="${BASE}`, 'Destination="https://old.test')(RIGHT)),
      ['response.destination'],
    ],
    [
      'http for https',
      sign(edit(`Destination="https`, 'Destination="http')(RIGHT)),
      ['response.destination'],
    ],
    [
      'the wrong recipient',
      sign(edit(`Recipient="${BASE}`, 'Recipient="https://old.test')(RIGHT)),
      ['response.recipient'],
    ],
    [
      'no confirmation data',
      sign(edit(/<saml:SubjectConfirmationData[^>]*>/, '')(RIGHT)),
      ['response.recipient'],
    ],
    [
      'confirmed too late',
      sign(edit('NotOnOrAfter="2026-11-22T03:05:00Z" Rec', 'NotOnOrAfter="2026-11-22T03:00:10Z" Rec')(RIGHT)),
      ['response.time'],
    ],
    [
      'conditions of the future',
      sign(edit('NotBefore="2026-11-22T02:59:30Z"', 'NotBefore="2026-11-22T03:00:11Z"')(RIGHT)),
      ['response.conditions'],
    ],
    [
      'no conditions',
      sign(edit(/<saml:Conditions.*<\/saml:Conditions>/, '')(RIGHT)),
      ['response.conditions'],
    ],
    [
      'a strange condition',
      sign(edit('<saml:AudienceR', '<saml:Condition/><saml:AudienceR')(RIGHT)),
      ['response.conditions'],
    ],
    ['a transient name id', sign(edit('format:persistent', 'format:transient')(RIGHT)), ['response.name-id']],
    ['no name id', sign(edit(/<saml:NameID.*<\/saml:NameID>/, '')(RIGHT)), ['response.name-id']],
    [
      'a name id without Format',
      sign(edit(/<saml:NameID [^>]*>/, '<saml:NameID>')(RIGHT)),
      ['response.name-id'],
    ],
    ['no mail', sign(edit('Name="email"', 'Name="phone"')(RIGHT)), ['response.email']],
    ['an empty mail', sign(edit('>ann@corp.test<', '><')(RIGHT)), ['response.email']],
    [
      'an attribute without value',
      sign(edit('<saml:AttributeValue>Ann</saml:AttributeValue>', '')(RIGHT)),
      ['response.attributes'],
    ],
    [
      'begun at the provider',
      sign(edit(/ InResponseTo="_request"/, '')(edit(/ InResponseTo="_request"\/>/, '/>')(RIGHT))),
      ['response.request'],
    ],
    [
      'the request named inside only',
      sign(edit(/ InResponseTo="_request"/, '')(RIGHT)),
      ['response.request'],
    ],
    [
      'prefixes of pysaml2',
      sign(prefixed('saml', 'ns1')(prefixed('samlp', 'ns0')(RIGHT))),
      ['response.form'],
    ],
    ['a logout', RIGHT.replaceAll('samlp:Response', 'samlp:LogoutRequest'), ['response.form']],
    [
      'a failure',
      sign(
        edit(/<saml:Assertion.*<\/saml:Assertion>/, '')(edit('status:Success', 'status:Responder')(RIGHT)),
        idp,
        'Response',
      ),
      ['response.status'],
    ],
    [
      'an encrypted assertion',
      sign(edit(/<saml:Assertion.*<\/saml:Assertion>/, '<saml:EncryptedAssertion/>')(RIGHT), idp, 'Response'),
      ['response.assertion'],
    ],
    [
      'several at once',
      edit(
        'status:Success',
        'status:Success ',
      )(sign(edit('Name="email"', 'Name="x"')(edit('format:persistent', 'format:transient')(RIGHT)))),
      ['response.status'],
    ],
  ])('%s', (_, xml, failed) => {
    const found = judge(xml);
    expect(found.failed).toEqual(failed);
    // What the provider says of its own failure, the server never gets to: it wants a signature and an assertion.
    if (failed[0] !== 'response.status') expect(found.taken).toBe(false);
  });

  it('all of them at once, not only the first', () => {
    const xml = sign(edit('Name="email"', 'Name="x"')(edit('format:persistent', 'format:transient')(RIGHT)));
    expect(judge(xml, new Date('2026-11-22T04:00:00Z')).failed).toEqual([
      'response.time',
      'response.conditions',
      'response.name-id',
      'response.email',
    ]);
  });

  it('a form that is too large for the server', () => {
    const groups = `<saml:Attribute Name="groups"><saml:AttributeValue>${'g'.repeat(80_000)}</saml:AttributeValue></saml:Attribute>`;
    const xml = sign(edit('<saml:AttributeStatement>', `<saml:AttributeStatement>${groups}`)(RIGHT));
    expect(judge(xml).failed).toEqual(['response.size']);
  });
});

describe('whose signature it is', () => {
  const fixOf = (xml: string): string => {
    const found = judge(xml).findings.find(({ id }) => id === 'response.signature');
    return [...(found?.lines ?? []), ...(found?.fix ?? [])].join('\n');
  };

  it("names another certificate of the provider's metadata, to be pasted", () => {
    expect(fixOf(sign(RIGHT, other))).toContain(`paste at /admin/login: ${certificateOf(other).base64}`);
  });

  it('trusts none that only came along', () => {
    expect(fixOf(sign(RIGHT, maker.make({ cn: 'stranger' })))).toContain('CN=stranger');
    expect(fixOf(sign(RIGHT, maker.make({ cn: 'stranger' })))).toContain('proves nothing');
  });

  it('does not take a certificate that only claims to have signed', () => {
    const swapped = sign(RIGHT, other).replace(
      /<X509Certificate>[^<]*/,
      `<X509Certificate>${certificateOf(idp).base64}`,
    );
    expect(judge(swapped)).toMatchObject({ failed: ['response.signature'], taken: false });
  });

  it('warns of a signature over something else, which Sandstorm would take (wrapping)', () => {
    const [, original = ''] = /(<saml:Assertion .*<\/saml:Assertion>)/.exec(sign(RIGHT)) ?? [];
    const evil = RIGHT.replaceAll('_assertion', '_evil').replace('ann@corp.test', 'eve@corp.test');
    const wrapped = evil.replace(
      '</samlp:Response>',
      `<samlp:Extensions>${original}</samlp:Extensions></samlp:Response>`,
    );
    expect(judge(wrapped)).toMatchObject({ failed: [], warned: ['response.signed-part'], taken: true });
  });

  it('knows that Sandstorm checks RSA only', () => {
    expect(certificateOf(elliptic).keyType).toBe('ec');
  });
});

describe('what people save', () => {
  const base64 = Buffer.from(RIGHT).toString('base64');
  it.each([
    ['XML', RIGHT],
    ['base64', base64],
    ['base64 in lines', base64.replace(/.{76}/g, '$&\r\n')],
    ['a form', `SAMLResponse=${encodeURIComponent(base64)}&RelayState=x`],
    ['a form, SAMLResponse not the first', `RelayState=x&SAMLResponse=${encodeURIComponent(base64)}`],
    [
      'a copied header and form',
      `POST /_saml/validate/default\n\nSAMLResponse=${encodeURIComponent(base64)}`,
    ],
  ])('%s', (_, text) => {
    expect(decodeCaptured(Buffer.from(text), 'captured')).toBe(RIGHT);
  });

  it.each(['', 'not base64 at all!', 'SAMLResponse=%', 'SAMLResponse=%E0%A4%A'])('refuses %j', (text) => {
    expect(() => decodeCaptured(Buffer.from(text), 'captured')).toThrow(/captured is not taken/);
  });
});
