import { createRequire } from 'node:module';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/*
 * A service provider that takes and refuses what Sandstorm's does (shell/imports/server/accounts/saml-utils.js and
 * saml/saml-server.js), with the parser and the signature library of Sandstorm's package.json (xml2js 0.2, xml-crypto
 * 2.1): what they trip over, it trips over. It shares no code with src/.
 */

const require = createRequire(import.meta.url);
const { Parser } = require('xml2js') as {
  Parser: new (options: object) => {
    parseString(xml: string, done: (error: unknown, doc: Node) => void): void;
  };
};
const { SignedXml, xpath } = require('xml-crypto-2') as {
  SignedXml: new () => {
    keyInfoProvider: unknown;
    loadSignature(signature: string): void;
    checkSignature(xml: string): boolean;
  };
  xpath(document: unknown, path: string): { toString(): string }[];
};
const { DOMParser } = createRequire(require.resolve('xml-crypto-2'))('@xmldom/xmldom') as {
  DOMParser: new () => { parseFromString(xml: string): unknown };
};

/** What xml2js makes of an element: attributes in `$`, text in `_`, a bare string where there is only text. */
type Node = { $?: Record<string, string>; _?: string } & Record<string, Node[] | undefined>;

export interface Profile {
  email?: string;
  displayName?: string;
  nameId?: string;
  inResponseTo: string;
}

export interface Form {
  /** As pasted into the form at /admin/login. */
  readonly certificate: string;
  readonly rootUrl: string;
}

/** @throws Error for whatever reason Sandstorm has, a slip of its own included */
export function validateLikeSandstorm(samlResponse: string, form: Form, now: Date): Profile {
  const xml = Buffer.from(samlResponse, 'base64').toString('utf8');
  const bare = form.certificate.replace(/-[^\n]*-/g, '').trim();
  // With an empty certificate Sandstorm checks nothing: the trap is kept.
  if (bare !== '' && !signatureHolds(xml, bare)) throw new Error('signature');
  const response = named(parse(xml), 'Response') as unknown as Node | undefined;
  if (response === undefined) throw new Error('unknown message');
  const [assertion] = named(response, 'Assertion') ?? [];
  if (assertion === undefined) throw new Error('no assertion');
  const destination = response.$?.Destination;
  if (destination !== undefined && !destination.startsWith(form.rootUrl)) throw new Error('destination');

  const nameId = named(first(assertion, 'Subject') ?? {}, 'NameID')?.[0];
  const format = nameId === undefined ? undefined : attributesOf(nameId).Format;
  if (format?.toLowerCase().includes('transient') === true) throw new Error('transient name id');
  checkConfirmation(assertion, form, now);
  checkConditions(assertion, now);

  const profile = claims(assertion);
  const email = firstOf(profile, [
    'email',
    'mail',
    'urn:oid:0.9.2342.19200300.100.1.3',
    'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress',
    'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name',
  ]);
  const byName = format?.includes('emailAddress') === true ? nameId?._ : undefined;
  const inResponseTo = response.$?.InResponseTo;
  if (!inResponseTo) throw new Error('answers no request');
  const found = email ?? byName;
  if (!found) throw new Error('no email');
  if (!nameId?._) throw new Error('no id');
  const displayName = firstOf(profile, [
    'displayName',
    'http://schemas.microsoft.com/identity/claims/displayname',
  ]);
  return { email: found, ...(displayName ? { displayName } : {}), nameId: nameId._, inResponseTo };
}

function signatureHolds(xml: string, certificate: string): boolean {
  const document = new DOMParser().parseFromString(xml);
  const [signature] = xpath(
    document,
    "//*[local-name(.)='Signature' and namespace-uri(.)='http://www.w3.org/2000/09/xmldsig#']",
  );
  if (signature === undefined) throw new TypeError('there is no signature to read');
  const lines = certificate.match(/.{1,64}/g)?.join('\n') ?? '';
  const signed = new SignedXml();
  signed.keyInfoProvider = {
    getKeyInfo: () => '<X509Data></X509Data>',
    getKey: () => `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`,
  };
  signed.loadSignature(signature.toString());
  return signed.checkSignature(xml);
}

function parse(xml: string): Node {
  let parsed: Node | undefined;
  new Parser({ explicitRoot: true }).parseString(xml, (error, doc) => {
    if (error === null || error === undefined) parsed = doc;
  });
  if (parsed === undefined) throw new Error('no XML');
  return parsed;
}

function named(parent: Node, name: string): Node[] | undefined {
  for (const prefix of ['saml:', 'samlp:', 'saml2p:', 'saml2:', '']) {
    const found = parent[prefix + name];
    if (found) return found;
  }
  return undefined;
}

function first(parent: Node, name: string): Node | undefined {
  return named(parent, name)?.[0];
}

/** Throws where there are none: Sandstorm does not look before it reaches for one. */
function attributesOf(node: Node): Record<string, string> {
  if (node.$ === undefined) throw new TypeError('an element without attributes');
  return node.$;
}

function checkConfirmation(assertion: Node, { rootUrl }: Form, now: Date): void {
  const confirmation = first(first(assertion, 'Subject') ?? {}, 'SubjectConfirmation');
  if (confirmation === undefined) return;
  const found = named(confirmation, 'SubjectConfirmationData');
  if (found === undefined) throw new TypeError('no SubjectConfirmationData');
  const [data] = found;
  if (!data) return;
  const { Recipient: recipient, ...times } = attributesOf(data);
  if (recipient && !recipient.startsWith(rootUrl)) throw new Error('recipient');
  checkTimes(times, now);
}

function checkConditions(assertion: Node, now: Date): void {
  const found = named(assertion, 'Conditions');
  if (found === undefined) throw new TypeError('no Conditions');
  for (const [key, value] of Object.entries(found[0] ?? {})) {
    if (key === '$') checkTimes(value as unknown as Record<string, string>, now);
    else if (!/(?:AudienceRestriction|OneTimeUse|ProxyRestriction)$/.test(key)) throw new Error('condition');
  }
}

function checkTimes({ NotBefore, NotOnOrAfter }: Record<string, string>, now: Date): void {
  if (NotBefore && now.getTime() < Date.parse(NotBefore)) throw new Error('future');
  if (NotOnOrAfter && now.getTime() >= Date.parse(NotOnOrAfter)) throw new Error('past');
}

function claims(assertion: Node): Record<string, string> {
  const found: Record<string, string> = {};
  const statement = first(assertion, 'AttributeStatement');
  for (const attribute of (statement && named(statement, 'Attribute')) ?? []) {
    const values = named(attribute, 'AttributeValue');
    if (values === undefined) throw new TypeError('an attribute without a value');
    const [value] = values as unknown as (string | Node)[];
    found[attributesOf(attribute).Name ?? ''] = (typeof value === 'string' ? value : value?._) ?? '';
  }
  return found;
}

function firstOf(found: Record<string, string>, names: readonly string[]): string | undefined {
  return names.map((name) => found[name]).find((value) => value !== undefined && value !== '');
}

export interface Answered {
  /** The form as it came: "SAMLResponse=..." */
  readonly body: string;
  readonly at: Date;
}

export interface StandInServiceProvider {
  readonly port: number;
  /** Answers that browsers have brought, oldest first. */
  readonly answers: readonly Answered[];
  close(): Promise<void>;
}

/** The part of a server that browsers see: takes the answer at /_saml/validate/default and says what it makes of it. */
export async function startServiceProvider(form: () => Form): Promise<StandInServiceProvider> {
  const answers: Answered[] = [];
  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      const body = Buffer.concat(pieces).toString();
      const at = new Date();
      let said = 'not here';
      if (request.url === '/_saml/validate/default' && body.length > 100 * 1024) said = 'too large';
      else if (request.url === '/_saml/validate/default') {
        answers.push({ body, at });
        try {
          const field = new URLSearchParams(body).get('SAMLResponse') ?? '';
          said = `welcome ${JSON.stringify(validateLikeSandstorm(field, form(), at))}`;
        } catch (error) {
          said = `refused: ${String(error)}`;
        }
      }
      response.setHeader('Content-Type', 'text/plain; charset=utf-8');
      response.end(said);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    answers,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
