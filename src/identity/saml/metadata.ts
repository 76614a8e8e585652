import { X509Certificate } from 'node:crypto';
import { BINDING, NS } from './names.js';
import { notSaml } from './refusals.js';
import { childOf, childrenOf, within, type XmlElement } from './xml.js';

/** What the metadata of an identity provider say (saml-metadata-2.0, EntityDescriptor and IDPSSODescriptor). */
export interface IdentityProvider {
  readonly entityId: string;
  /** Where HTTP-Redirect starts a login, the only way Sandstorm knows; undefined when it is not offered. */
  readonly entryPoint: string | undefined;
  /** All bindings of single sign-on that are offered. */
  readonly bindings: readonly string[];
  readonly logout: string | undefined;
  readonly certificates: readonly SigningCertificate[];
  /** How many of the certificates given cannot be read. */
  readonly brokenCertificates: number;
  readonly nameIdFormats: readonly string[];
  readonly wantsSignedRequests: boolean;
  readonly validUntil: Date | undefined;
  /** Seconds; how long the provider wants its metadata to be kept before they are fetched anew. */
  readonly cacheSeconds: number | undefined;
}

export interface SigningCertificate {
  /** One line of base64, as the form takes it. */
  readonly base64: string;
  readonly subject: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** "rsa", "ec", ... */
  readonly keyType: string;
  /** Of an RSA key. */
  readonly keyBits: number | undefined;
  /** SHA-256, hex with colons. */
  readonly fingerprint: string;
}

/**
 * Finds the identity provider in a document. Pure.
 * @param wanted its entity id, needed only where several are described
 * @throws Refusal E_SAML_FORMAT
 */
export function readMetadata(document: XmlElement, what: string, wanted?: string): IdentityProvider {
  if (document.uri !== NS.metadata) throw notMetadata(document, what);
  const providers = within(document, NS.metadata, 'EntityDescriptor').filter(isIdentityProvider);
  const chosen =
    wanted === undefined ? providers : providers.filter((one) => one.attributes.get('entityID') === wanted);
  const [entity] = chosen;
  if (entity === undefined) throw noProvider(document, what, wanted, providers);
  if (chosen.length > 1) throw severalProviders(what, providers);
  return provider(entity, document);
}

function provider(entity: XmlElement, document: XmlElement): IdentityProvider {
  const role = samlRole(entity);
  const services = childrenOf(role, NS.metadata, 'SingleSignOnService');
  const locationOf = (name: string): string | undefined =>
    childrenOf(role, NS.metadata, name)
      .find((one) => one.attributes.get('Binding') === BINDING.redirect)
      ?.attributes.get('Location')
      ?.trim();
  const certificates = signingCertificates(role);
  return {
    entityId: (entity.attributes.get('entityID') ?? '').trim(),
    entryPoint: locationOf('SingleSignOnService'),
    bindings: services.map((one) => one.attributes.get('Binding') ?? ''),
    logout: locationOf('SingleLogoutService'),
    certificates: certificates.filter((one) => one !== undefined),
    brokenCertificates: certificates.filter((one) => one === undefined).length,
    nameIdFormats: childrenOf(role, NS.metadata, 'NameIDFormat').map(({ text }) => text.trim()),
    wantsSignedRequests: ['true', '1'].includes(role?.attributes.get('WantAuthnRequestsSigned') ?? ''),
    validUntil: earliest([document, entity, role].map((one) => one?.attributes.get('validUntil'))),
    cacheSeconds: parseDuration(
      entity.attributes.get('cacheDuration') ?? document.attributes.get('cacheDuration'),
    ),
  };
}

/** AD FS describes WS-Trust and WS-Federation beside it; what is for SAML 1.1 alone is of no use. */
function samlRole(entity: XmlElement): XmlElement | undefined {
  const roles = childrenOf(entity, NS.metadata, 'IDPSSODescriptor');
  const speaksSaml2 = (role: XmlElement): boolean =>
    (role.attributes.get('protocolSupportEnumeration') ?? '').split(/\s+/).includes(NS.protocol);
  return roles.find(speaksSaml2) ?? roles[0];
}

function isIdentityProvider(entity: XmlElement): boolean {
  return childOf(entity, NS.metadata, 'IDPSSODescriptor') !== undefined;
}

/** undefined for each that is no certificate. */
function signingCertificates(role: XmlElement | undefined): (SigningCertificate | undefined)[] {
  const keys = childrenOf(role, NS.metadata, 'KeyDescriptor').filter(
    (key) => (key.attributes.get('use') ?? 'signing') === 'signing',
  );
  const texts = keys
    .flatMap((key) => within(key, NS.signature, 'X509Certificate'))
    .map(({ text }) => text.replace(/\s+/g, ''));
  return [...new Set(texts)].map(readCertificate);
}

/** @param base64 DER, or a whole PEM: with its markers it is often what is at hand */
export function readCertificate(base64: string): SigningCertificate | undefined {
  const bare = base64.replace(/-----[^-\n]*-----/g, '').replace(/\s+/g, '');
  if (bare === '' || !/^[A-Za-z0-9+/]+={0,2}$/.test(bare)) return undefined;
  try {
    const certificate = new X509Certificate(Buffer.from(bare, 'base64'));
    const { publicKey } = certificate;
    return {
      base64: certificate.raw.toString('base64'),
      subject: certificate.subject.replaceAll('\n', ', '),
      notBefore: new Date(certificate.validFrom),
      notAfter: new Date(certificate.validTo),
      keyType: publicKey.asymmetricKeyType ?? 'unknown',
      keyBits: publicKey.asymmetricKeyDetails?.modulusLength,
      fingerprint: certificate.fingerprint256,
    };
  } catch {
    return undefined;
  }
}

function earliest(texts: readonly (string | undefined)[]): Date | undefined {
  const times = texts
    .filter((text) => text !== undefined)
    .map((text) => Date.parse(text))
    .filter((time) => !Number.isNaN(time));
  return times.length === 0 ? undefined : new Date(Math.min(...times));
}

const SECONDS = [365.25 * 86_400, 30.4 * 86_400, 86_400, 3600, 60, 1];

/** xs:duration ("P7D", "PT1H30M") in seconds; undefined when it is none. */
export function parseDuration(text: string | undefined): number | undefined {
  const parts =
    /^P(?=.)(?:(\d{1,9})Y)?(?:(\d{1,9})M)?(?:(\d{1,9})D)?(?:T(?=.)(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9}(?:\.\d{1,9})?)S)?)?$/.exec(
      text?.trim() ?? '',
    );
  return parts?.slice(1).reduce((sum, part, at) => sum + Number(part || 0) * (SECONDS[at] ?? 0), 0);
}

function notMetadata(document: XmlElement, what: string) {
  if (document.local.toLowerCase() === 'html') return notSaml(what, 'it is a web page, not SAML metadata');
  if (document.local === 'Response') {
    return notSaml(what, 'it is an answer to a login', `give it with --response ${what}`);
  }
  return notSaml(what, `it begins with ${document.local}, not with an EntityDescriptor of SAML 2.0`);
}

function noProvider(
  document: XmlElement,
  what: string,
  wanted: string | undefined,
  providers: readonly XmlElement[],
) {
  if (wanted !== undefined && providers.length > 0) {
    return notSaml(
      what,
      `no identity provider in it has the entity id ${wanted}`,
      `it has ${ids(providers)}`,
    );
  }
  const isService = within(document, NS.metadata, 'SPSSODescriptor').length > 0;
  return isService
    ? notSaml(what, 'it describes a service, such as Sandstorm is one, and no identity provider')
    : notSaml(what, 'it describes no identity provider for SAML 2.0');
}

function severalProviders(what: string, providers: readonly XmlElement[]) {
  return notSaml(
    what,
    `it describes ${providers.length} identity providers`,
    `name one with --idp-entity-id: ${ids(providers)}`,
  );
}

function ids(providers: readonly XmlElement[]): string {
  const shown = providers.slice(0, 5).map((one) => one.attributes.get('entityID') ?? '?');
  return `${shown.join(', ')}${providers.length > shown.length ? ', ...' : ''}`;
}
