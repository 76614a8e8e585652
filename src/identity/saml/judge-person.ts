import { fail, pass, warn } from '../../preflight/check.js';
import { finding, type Finding } from '../finding.js';
import { EMAIL_CLAIMS, NAME_CLAIMS, NAME_ID } from './names.js';
import { profileOf, seen } from './seen-by-sandstorm.js';
import type { XmlElement } from './xml.js';

/** Who logs in: a name id to know them again, an address without which there is no account, and a name. */
export function judgePerson(assertion: XmlElement): Finding[] {
  const nameId = seen(seen(assertion, 'Subject'), 'NameID');
  const { values, empty } = profileOf(assertion);
  return [
    finding('response.name-id', judgeNameId(nameId)),
    ...judgeEmpty(empty),
    finding('response.email', judgeEmail(values, nameId)),
    finding('response.display-name', judgeName(values)),
  ];
}

/** The address that Sandstorm would take. */
export function emailOf(
  values: ReadonlyMap<string, string>,
  nameId: XmlElement | undefined,
): string | undefined {
  const claimed = EMAIL_CLAIMS.map((claim) => values.get(claim)).find(
    (value) => value !== undefined && value !== '',
  );
  if (claimed !== undefined) return claimed;
  const isAddress = nameId?.attributes.get('Format')?.includes('emailAddress') ?? false;
  return isAddress && nameId?.text !== '' ? nameId?.text : undefined;
}

function judgeNameId(nameId: XmlElement | undefined) {
  const fix = [`let the provider send a name id of the form ${NAME_ID.persistent}`];
  if (nameId === undefined || nameId.text === '') {
    return fail('there is no name id, by which a person is known again', { fix });
  }
  if (nameId.written.size === 0) {
    return fail('the name id has no attribute, such as Format: the server trips over that', { fix });
  }
  const format = nameId.attributes.get('Format') ?? '';
  if (/transient/i.test(format)) {
    return fail('the name id is a transient one: every login would be a new person', { fix });
  }
  if (format === NAME_ID.persistent) return pass('persistent');
  const short = format.split(':').at(-1) ?? '';
  const line = `of the form ${short || 'that is not said'}: when it changes, the person gets a second account`;
  return warn(line, { fix });
}

function judgeEmpty(empty: readonly string[]): Finding[] {
  if (empty.length === 0) return [];
  const line = `attributes without a value, which the server trips over: ${empty.join(', ')}`;
  return [finding('response.attributes', fail(line, { fix: ['do not send them where a person has none'] }))];
}

function judgeEmail(values: ReadonlyMap<string, string>, nameId: XmlElement | undefined) {
  const email = emailOf(values, nameId);
  if (email === undefined) {
    const sent = [...values.keys()].join(', ') || 'none';
    return fail([`no mail address, so no account; attributes sent: ${sent}`], {
      fix: [`let the provider send it as the attribute email (or: ${EMAIL_CLAIMS.slice(1).join(', ')})`],
    });
  }
  if (/^[^@\s]+@[^@\s]+$/.test(email)) return pass(email);
  return warn(`"${email}" is taken for the mail address`, {
    fix: ['send the address as the attribute email'],
  });
}

function judgeName(values: ReadonlyMap<string, string>) {
  const name = NAME_CLAIMS.map((claim) => values.get(claim)).find(
    (value) => value !== undefined && value !== '',
  );
  if (name !== undefined) return pass(name);
  return warn('no displayName: people are shown by the part of their address before the @', {
    fix: ['let the provider send the attribute displayName, by that name (not as urn:oid:...)'],
  });
}
