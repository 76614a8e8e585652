import type { LdapFinding, LdapProposal } from '../identity/ldap/finding.js';
import type { Choice } from './prompts.js';

/** A way to go on after a directory turned out wrong. */
export type DirectoryMend = 'again' | 'propose' | 'url' | 'ca' | 'bind' | 'base' | 'quit';

/** The flag of `identity ldap` that a setting is given by. */
export const FLAG_OF: Readonly<Record<LdapProposal['setting'], string>> = {
  ldapBase: 'ldapBase',
  ldapFilter: 'ldapFilter',
  ldapSearchUsername: 'ldapUsernameAttribute',
  ldapNameField: 'ldapNameAttribute',
  ldapEmailField: 'ldapEmailAttribute',
};

const CONNECTION = /^ldap\.(?:url|host|connect|tls|answer|plain|needs-tls)$/;
const BIND = /^ldap\.(?:bind|bind-dn|bind-password|anonymous|search-rights|base|nobody)$/;
const BASE = /^ldap\.(?:base|base-form|nobody|referral|no-match)$/;

/** The value that was found or tried and would help; undefined when nothing was. Pure. */
export function proposalIn(findings: readonly LdapFinding[]): LdapProposal | undefined {
  return findings.find(({ status, propose }) => status === 'fail' && propose !== undefined)?.propose;
}

/** Pure: what helps against what was found, the likeliest first. */
export function directoryMends(findings: readonly LdapFinding[]): readonly Choice<DirectoryMend>[] {
  const ids = findings.flatMap(({ id, status }) => (status === 'fail' ? [id] : []));
  const has = (pattern: RegExp): boolean => ids.some((id) => pattern.test(id));
  const proposal = proposalIn(findings);
  const mends: (Choice<DirectoryMend> | false)[] = [
    proposal !== undefined && { name: `Take ${proposal.value}`, value: 'propose' },
    has(/^ldap\.(?:tls-chain|ca)$/) && { name: 'Name the file with the CA certificate', value: 'ca' },
    has(BIND) && { name: 'Log in with a DN before searching', value: 'bind' },
    has(BASE) && { name: 'Enter another base DN', value: 'base' },
    (has(CONNECTION) || has(/^ldap\.tls-name$/)) && { name: 'Enter another address', value: 'url' },
    { name: 'Check again (I have mended it)', value: 'again' },
    { name: 'Quit', value: 'quit' },
  ];
  return mends.filter((mend) => mend !== false);
}
