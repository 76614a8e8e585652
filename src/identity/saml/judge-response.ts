import { fail, pass, warn } from '../../preflight/check.js';
import { moment } from '../../words.js';
import { finding, type Finding } from '../finding.js';
import { statusOf } from './captured.js';
import { judgePerson } from './judge-person.js';
import { judgeSignature } from './judge-signature.js';
import type { SigningCertificate } from './metadata.js';
import { NS } from './names.js';
import { isSeen, seen } from './seen-by-sandstorm.js';
import type { ServiceProvider } from './service-provider.js';
import { childOf, childrenOf, within, type XmlElement } from './xml.js';

/** How an answer is to be judged: as which server, with which certificate in its form, and when. */
export interface ResponseContext {
  readonly sp: ServiceProvider;
  /** As in the form at /admin/login. */
  readonly certificate: SigningCertificate;
  /** Others that the provider's metadata name. */
  readonly others: readonly SigningCertificate[];
  /** The moment at which it arrived. */
  readonly at: Date;
}

/** body-parser's limit for a form, which Sandstorm leaves as it is (100 kB). */
const LARGEST_FORM = 100 * 1024;

/**
 * Why Sandstorm would refuse an answer, everything at once; the server itself stops at the first. Follows
 * validateResponse of shell/imports/server/accounts/saml-utils.js and what accounts/saml/saml-server.js wants besides.
 * Pure.
 * @param xml the very text that `document` was read from
 */
export function judgeResponse(xml: string, document: XmlElement, context: ResponseContext): Finding[] {
  const form = judgeForm(xml, document);
  if (form.some(({ status }) => status === 'fail')) return form;
  const { success, said } = statusOf(document);
  if (!success) {
    const result = fail(`the provider says that the login failed: ${said}`, { fix: statusFix(said) });
    return [...form, finding('response.status', result)];
  }
  const signature = judgeSignature(xml, document, context);
  const assertion = seen(document, 'Assertion');
  if (assertion === undefined) return [...form, ...signature, noAssertion(document)];
  return [
    ...form,
    ...signature,
    finding('response.destination', destination(document.attributes.get('Destination'), context.sp)),
    ...judgeConfirmation(assertion, context),
    ...judgeConditions(assertion, context),
    ...judgePerson(assertion),
    finding('response.request', request(document)),
  ];
}

/** Whether Sandstorm finds its way in it at all. */
function judgeForm(xml: string, document: XmlElement): Finding[] {
  const found: Finding[] = [];
  const form = encodeURIComponent(Buffer.from(xml).toString('base64')).length;
  if (form > LARGEST_FORM) {
    const line = `the form has ${Math.round(form / 1024)} kB; Sandstorm takes 100 kB and answers 413`;
    found.push(
      finding(
        'response.size',
        fail(line, { fix: ['send fewer attributes: a list of groups is not needed'] }),
      ),
    );
  }
  if (document.uri !== NS.protocol || document.local !== 'Response') {
    const line = `it begins with ${document.local}, where a Response of SAML 2.0 is wanted`;
    return [...found, finding('response.form', fail(line))];
  }
  const foreign = within(document, NS.assertion, 'Assertion')
    .concat(document)
    .find((one) => !isSeen(one));
  if (foreign !== undefined) {
    const line = `elements are written with the prefix ${foreign.prefix}:, which Sandstorm does not know`;
    found.push(
      finding(
        'response.form',
        fail(line, { fix: ['let the provider write samlp: and saml: (or saml2p:, saml2:)'] }),
      ),
    );
  }
  return found;
}

function noAssertion(document: XmlElement): Finding {
  const encrypted = childOf(document, NS.assertion, 'EncryptedAssertion') !== undefined;
  const result = encrypted
    ? fail('the assertion is encrypted, and Sandstorm has no key to read it', {
        fix: ['turn encryption off for this service'],
      })
    : fail('there is no assertion in it');
  return finding('response.assertion', result);
}

function destination(said: string | undefined, { rootUrl, consumerUrl }: ServiceProvider) {
  if (said === undefined) return pass('no Destination, which Sandstorm does not mind');
  if (said.startsWith(rootUrl)) return pass(said);
  return fail(`Destination ${said} does not begin with BASE_URL, ${rootUrl}`, {
    fix: [`give the provider ${consumerUrl} as consumer address, letter for letter`],
  });
}

function judgeConfirmation(assertion: XmlElement, { sp, at }: ResponseContext): Finding[] {
  const confirmation = seen(seen(assertion, 'Subject'), 'SubjectConfirmation');
  if (confirmation === undefined) return [];
  const data = seen(confirmation, 'SubjectConfirmationData');
  if (data === undefined) {
    const result = fail('SubjectConfirmation has no SubjectConfirmationData: the server trips over it');
    return [finding('response.recipient', result)];
  }
  const recipient = data.attributes.get('Recipient');
  const wrong = recipient !== undefined && recipient !== '' && !recipient.startsWith(sp.rootUrl);
  return [
    finding(
      'response.recipient',
      wrong
        ? fail(`Recipient ${recipient} does not begin with BASE_URL, ${sp.rootUrl}`, {
            fix: [`give the provider ${sp.consumerUrl} as consumer address`],
          })
        : pass(recipient ?? 'no Recipient'),
    ),
    finding('response.time', window(data, at)),
  ];
}

function judgeConditions(assertion: XmlElement, { sp, at }: ResponseContext): Finding[] {
  const conditions = seen(assertion, 'Conditions');
  if (conditions === undefined) {
    return [finding('response.conditions', fail('there are no Conditions: the server trips over that'))];
  }
  const known = ['AudienceRestriction', 'OneTimeUse', 'ProxyRestriction'];
  const unknown = conditions.children.find(({ local }) => !known.some((name) => local.endsWith(name)));
  return [
    finding(
      'response.conditions',
      unknown === undefined
        ? window(conditions, at)
        : fail(`it has a condition that Sandstorm does not know: ${unknown.local}`),
    ),
    ...audience(conditions, sp),
  ];
}

/** Sandstorm does not look at it; a wrong one shows that the provider takes this server for another service. */
function audience(conditions: XmlElement, { entityId }: ServiceProvider): Finding[] {
  const named = within(conditions, NS.assertion, 'Audience').map(({ text }) => text.trim());
  if (named.length === 0) return [];
  if (named.includes(entityId)) return [finding('response.audience', pass(entityId))];
  const line = `it is meant for ${named.join(', ')}, not for ${entityId}; Sandstorm does not look at that`;
  const fix = ['use the same entity id in the provider and at /admin/login (here: --entity-id)'];
  return [finding('response.audience', warn(line, { fix }))];
}

function window({ attributes }: XmlElement, at: Date) {
  const [from, until] = [attributes.get('NotBefore'), attributes.get('NotOnOrAfter')];
  const fix = ['let both clocks ask the same NTP server; Sandstorm allows for no difference'];
  const when = `it arrived at ${exact(at)}`;
  if (from !== undefined && at.getTime() < Date.parse(from)) {
    return fail([`good only from ${from} on`, when], { fix });
  }
  if (until !== undefined && at.getTime() >= Date.parse(until)) {
    return fail([`good only until ${until}`, `${when}; --at TIME when that is not when it was caught`], {
      fix,
    });
  }
  return pass(`good at ${moment(at)}${until === undefined ? '' : `, until ${until}`}`);
}

function exact(at: Date): string {
  return at.toISOString().replace(/\.\d+Z$/, 'Z');
}

function request(document: XmlElement) {
  const id = document.attributes.get('InResponseTo');
  if (id !== undefined && id !== '') return pass('answers a request of the server');
  const confirmed = childrenOf(document, NS.assertion, 'Assertion').some((assertion) =>
    within(assertion, NS.assertion, 'SubjectConfirmationData').some((data) =>
      data.attributes.has('InResponseTo'),
    ),
  );
  const line = confirmed
    ? 'InResponseTo is missing from the Response itself, where Sandstorm looks for it'
    : 'it answers no request: the login began at the provider, which Sandstorm does not support';
  return fail(line, {
    fix: ["begin at Sandstorm's own login button, not in the provider's list of applications"],
  });
}

function statusFix(said: string): string[] {
  if (said.includes('InvalidNameIDPolicy')) {
    return ['let the provider offer persistent name ids for this service'];
  }
  if (said.includes('NoPassive') || said.includes('AuthnFailed'))
    return ['log in again, with the right password'];
  return ["look into the provider's log; is this service known there, and its user allowed to use it?"];
}
