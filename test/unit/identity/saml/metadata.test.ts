import { afterAll, describe, expect, it } from 'vitest';
import { Refusal } from '../../../../src/errors.js';
import {
  judgeClock,
  judgeMetadata,
  judgeServiceProvider,
} from '../../../../src/identity/saml/judge-metadata.js';
import { parseDuration, readCertificate, readMetadata } from '../../../../src/identity/saml/metadata.js';
import { readDocument } from '../../../../src/identity/saml/refusals.js';
import { serviceProvider, serviceProviderMetadata } from '../../../../src/identity/saml/service-provider.js';
import { childOf, readXml } from '../../../../src/identity/saml/xml.js';
import { parseBaseUrl } from '../../../../src/server/addresses.js';
import { CertificateMaker, stamp } from '../../../helpers/certificates.js';

const maker = new CertificateMaker();
afterAll(() => maker.remove());
const bare = (pem: string): string => pem.replace(/-----.*-----|\s/g, '');

const good = bare(maker.make({ cn: 'signs' }).certificate);
const expired = bare(maker.make({ cn: 'signed', from: stamp(-30), until: stamp(-2) }).certificate);
const soon = bare(maker.make({ cn: 'signs', until: stamp(5) }).certificate);
const elliptic = bare(maker.make({ cn: 'curve', key: 'ec:P-256' }).certificate);
const short = bare(maker.make({ cn: 'short', key: 'rsa:1024' }).certificate);

const PERSISTENT = 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent';
const TRANSIENT = 'urn:oasis:names:tc:SAML:2.0:nameid-format:transient';

interface Parts {
  readonly entity?: string;
  readonly role?: string;
  readonly certificates?: readonly string[];
  readonly formats?: readonly string[];
  readonly binding?: string;
  readonly location?: string;
}

function entityOf(parts: Parts = {}): string {
  const {
    entity = '',
    role = '',
    certificates = [good],
    formats = [PERSISTENT],
    binding = 'HTTP-Redirect',
  } = parts;
  const keys = certificates.map(
    (one) =>
      `<KeyDescriptor use="signing"><ds:KeyInfo><ds:X509Data><ds:X509Certificate>${one}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></KeyDescriptor>`,
  );
  return `<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" xmlns:ds="http://www.w3.org/2000/09/xmldsig#" entityID="https://idp.test/" ${entity}>
    <IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol" ${role}>${keys.join('')}
    ${formats.map((format) => `<NameIDFormat>${format}</NameIDFormat>`).join('')}
    <SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:${binding}" Location="${parts.location ?? 'https://idp.test/sso'}"/>
    </IDPSSODescriptor></EntityDescriptor>`;
}

const read = (text: string, wanted?: string) =>
  readMetadata(readDocument(text, 'idp.xml'), 'idp.xml', wanted);
const judged = (parts: Parts, now = new Date()) =>
  Object.fromEntries(
    judgeMetadata(read(entityOf(parts)), now).map(({ id, status, lines }) => [id, { status, lines }]),
  );

it('finds nothing wrong with a good provider', () => {
  expect(Object.values(judged({})).map(({ status }) => status)).toEqual([
    'pass',
    'pass',
    'pass',
    'pass',
    'skip',
    'pass',
  ]);
});

describe('each wrong configuration by its name', () => {
  it.each<[string, Parts, string, string, string]>([
    ['no HTTP-Redirect', { binding: 'HTTP-POST' }, 'idp.entry-point', 'fail', 'only HTTP-POST'],
    [
      'an & in the address',
      { location: 'https://idp.test/sso?a=1&amp;b=2' },
      'idp.entry-point',
      'fail',
      'XML',
    ],
    ['no address at all', { location: 'javascript:alert(1)' }, 'idp.entry-point', 'fail', 'no web address'],
    ['plain http', { location: 'http://idp.test/sso' }, 'idp.entry-point', 'warn', 'unencrypted'],
    ['no certificate', { certificates: [] }, 'idp.certificate', 'fail', 'no signing certificate'],
    ['a broken certificate', { certificates: ['MIIB'] }, 'idp.certificate', 'fail', 'cannot be read'],
    ['an elliptic key', { certificates: [elliptic] }, 'idp.certificate', 'fail', 'RSA signatures only'],
    ['a short key', { certificates: [short] }, 'idp.certificate', 'warn', '1024 bits'],
    ['an expired certificate', { certificates: [expired] }, 'idp.certificate', 'warn', 'expired'],
    ['one that expires soon', { certificates: [soon] }, 'idp.certificate', 'warn', 'expires soon'],
    ['several certificates', { certificates: [expired, good] }, 'idp.certificate', 'warn', '2 are named'],
    ['transient name ids', { formats: [TRANSIENT] }, 'idp.name-id', 'fail', 'transient'],
    ['other name ids', { formats: [TRANSIENT, 'x:emailAddress'] }, 'idp.name-id', 'warn', 'not named'],
    ['no word of name ids', { formats: [] }, 'idp.name-id', 'skip', 'must be a persistent one'],
    [
      'signed requests wanted',
      { role: 'WantAuthnRequestsSigned="true"' },
      'idp.requests',
      'fail',
      'signs none',
    ],
    ['run out', { entity: 'validUntil="2020-01-01T00:00:00Z"' }, 'idp.metadata-age', 'fail', 'ran out'],
    ['kept for a week', { entity: 'cacheDuration="P7D"' }, 'idp.metadata-age', 'pass', 'after 7 d'],
  ])('%s', (_, parts, id, status, said) => {
    const found = judged(parts)[id];
    expect(found?.status).toBe(status);
    expect(found?.lines.join('\n')).toContain(said);
  });

  it('warns on the last day of the metadata', () => {
    const parts = { entity: 'validUntil="2026-11-22T12:00:00Z"' };
    expect(judged(parts, new Date('2026-11-21T13:00:00Z'))['idp.metadata-age']?.status).toBe('warn');
    expect(judged(parts, new Date('2026-11-22T12:00:00Z'))['idp.metadata-age']?.status).toBe('fail');
    expect(judged(parts, new Date('2026-11-01T12:00:00Z'))['idp.metadata-age']?.status).toBe('pass');
  });

  it.each([
    [0, 'pass'],
    [-20_000, 'pass'],
    [-60_000, 'warn'],
    [-240_000, 'fail'],
    [3_000, 'warn'],
    [61_000, 'fail'],
  ])('a clock that is %i ms ahead: %s', (ahead, status) => {
    expect(judgeClock(ahead).status).toBe(status);
  });
});

describe('which document', () => {
  const aggregate = (...entities: string[]): string =>
    `<EntitiesDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata">${entities.join('')}</EntitiesDescriptor>`;
  const other = entityOf({ certificates: [expired] }).replace('https://idp.test/', 'https://other.test/');
  const service = serviceProviderMetadata(serviceProvider(parseBaseUrl('https://s.test')));

  it('takes the one that is wanted out of several', () => {
    expect(read(aggregate(other, entityOf()), 'https://idp.test/').entityId).toBe('https://idp.test/');
    expect(read(aggregate(service.replace(/<\?.*\?>/, ''), other)).entityId).toBe('https://other.test/');
  });

  it.each([
    ['several', aggregate(other, entityOf()), undefined, 'describes 2 identity providers'],
    ['another one', entityOf(), 'https://nobody.test/', 'has the entity id https://nobody.test/'],
    ['a service', service, undefined, 'no identity provider'],
    ['a page', '<html><body/></html>', undefined, 'web page'],
    ['an answer', '<Response xmlns="urn:oasis:names:tc:SAML:2.0:protocol"/>', undefined, 'answer to a login'],
    ['no XML', 'PK\u0003\u0004', undefined, 'well-formed'],
  ])('refuses %s', (_, text, wanted, said) => {
    expect(() => read(text, wanted)).toThrow(said);
    expect(() => read(text, wanted)).toThrow(Refusal);
  });
});

it('reads a certificate with its markers as without', () => {
  const pem = `-----BEGIN CERTIFICATE-----\n${good}\n-----END CERTIFICATE-----\n`;
  expect(readCertificate(pem)).toEqual(readCertificate(good));
  expect(readCertificate('')).toBeUndefined();
  expect(readCertificate('????')).toBeUndefined();
});

it.each([
  ['P1D', 86_400],
  ['PT1H30M', 5400],
  ['P1DT0.5S', 86_400.5],
  ['P', undefined],
  ['PT', undefined],
  ['1D', undefined],
  [undefined, undefined],
])('%s lasts %s seconds', (text, seconds) => {
  expect(parseDuration(text)).toBe(seconds);
});

describe('this server', () => {
  it('has the addresses that Sandstorm has', () => {
    expect(serviceProvider(parseBaseUrl('https://sandstorm.corp.lan:8443/'))).toEqual({
      entityId: 'sandstorm.corp.lan',
      metadataUrl: 'https://sandstorm.corp.lan:8443/_saml/config/default',
      consumerUrl: 'https://sandstorm.corp.lan:8443/_saml/validate/default',
      logoutUrl: 'https://sandstorm.corp.lan:8443/saml/logout/default',
      rootUrl: 'https://sandstorm.corp.lan:8443',
    });
  });

  it('writes metadata that are well-formed whatever the entity id', () => {
    const sp = serviceProvider(parseBaseUrl('https://s.test'), 'urn:"<&>');
    const root = readXml(serviceProviderMetadata(sp));
    expect(root.attributes.get('entityID')).toBe('urn:"<&>');
    expect(childOf(root, root.uri, 'SPSSODescriptor')?.children.map(({ local }) => local)).toEqual([
      'SingleLogoutService',
      'NameIDFormat',
      'AssertionConsumerService',
      'AttributeConsumingService',
    ]);
  });

  it.each([
    ['http://sandstorm.corp.lan', ['sp.https']],
    ['https://10.0.0.5', ['sp.metadata']],
    ['https://sandstorm.corp.lan', []],
  ])('%s: %j', (url, ids) => {
    const base = parseBaseUrl(url);
    expect(judgeServiceProvider(base, serviceProvider(base)).map(({ id }) => id)).toEqual(ids);
  });
});
