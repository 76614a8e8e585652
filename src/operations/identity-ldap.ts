import type { LdapFinding } from '../identity/ldap/finding.js';
import { judgeLdap, wouldFail } from '../identity/ldap/judge.js';
import type { LdapObservation } from '../identity/ldap/observation.js';
import { observeLdap, type LdapQuestion } from '../identity/ldap/observe.js';
import { enteredFields, type EnteredField } from '../identity/ldap/settings.js';
import type { Host } from '../system/host.js';
import type { Ui } from '../ui.js';
import { baseUrlOf, confIfAny } from './admin-address.js';

export interface LdapReport {
  readonly ready: boolean;
  /** Where it is entered: a whole address where HOME has a server, else "/admin/login". */
  readonly page: string;
  readonly product: 'active-directory' | 'openldap' | 'other' | null;
  readonly fields: readonly EnteredField[];
  readonly findings: readonly LdapFinding[];
  /** Those who were looked up and found. */
  readonly people: readonly LdapPerson[];
  /** Who could log in at all; null when nobody could be counted. */
  readonly entries: { readonly count: number; readonly partial: boolean } | null;
}

export interface LdapPerson {
  readonly login: string;
  readonly dn: string;
  readonly name: string | null;
  readonly email: string | null;
}

/** Looks, shows each finding, and says what is to be entered. Only reads. */
export async function checkLdap(
  home: string,
  question: LdapQuestion,
  host: Host,
  ui: Ui,
): Promise<LdapReport> {
  const seen = await ui.step('Looked', async (progress) => {
    progress.detail(`at ${question.wish.url}`);
    return observeLdap(question, host);
  });
  const findings = judgeLdap(seen);
  ui.say();
  for (const { id, status, seen: said, why, fix } of findings) {
    ui.check({
      id,
      group: 'Logins',
      title: id,
      status,
      lines: [said, ...(why === undefined ? [] : [why])],
      ...(fix === undefined ? {} : { fix }),
      waived: false,
    });
  }
  const base = baseUrlOf(await confIfAny(home, host));
  return {
    ready: !wouldFail(findings),
    page: `${base ?? ''}/admin/login`,
    product: seen.rootDse?.product ?? null,
    fields: enteredFields(seen.settled.settings, seen.hasBindPassword),
    findings,
    people: found(seen),
    entries:
      seen.everybody === undefined
        ? null
        : { count: seen.everybody.entries, partial: seen.everybody.partial },
  };
}

function found({ people, settled: { settings } }: LdapObservation): LdapPerson[] {
  return people.flatMap(({ login, entry }) =>
    entry === undefined
      ? []
      : [
          {
            login,
            dn: entry.dn,
            name: entry.attributes.get(settings.ldapNameField)?.[0] ?? null,
            email: entry.attributes.get(settings.ldapEmailField)?.[0] ?? null,
          },
        ],
  );
}
