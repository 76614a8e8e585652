/** One thing that was looked at. Ids are stable: scripts match on them. */
export interface LdapFinding {
  readonly id: string;
  readonly status: 'pass' | 'warn' | 'fail';
  /** What was seen, one sentence. */
  readonly seen: string;
  /** What it means for people who log in to Sandstorm. */
  readonly why?: string;
  /** What to do about it, one line each. */
  readonly fix?: readonly string[];
  /** A value that would help: found on the server, or tried there. */
  readonly propose?: LdapProposal;
}

export interface LdapProposal {
  readonly setting: 'ldapBase' | 'ldapFilter' | 'ldapSearchUsername' | 'ldapNameField' | 'ldapEmailField';
  readonly value: string;
}

type Rest = Pick<LdapFinding, 'why' | 'fix' | 'propose'>;

const finding =
  (status: LdapFinding['status']) =>
  (id: string, seen: string, rest: Rest = {}): LdapFinding => ({ id: `ldap.${id}`, status, seen, ...rest });

export const passed = finding('pass');
export const warned = finding('warn');
export const failed = finding('fail');

const MOST_CHARACTERS = 200;

/** What a server wrote, fit for a terminal: no control characters, not endless. */
export function shown(text: string): string {
  // eslint-disable-next-line no-control-regex -- control characters are what is taken out
  const plain = text.replace(/[\0-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]+/g, ' ').trim();
  return plain.length <= MOST_CHARACTERS ? plain : `${plain.slice(0, MOST_CHARACTERS)}…`;
}
