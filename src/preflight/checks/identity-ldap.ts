import { fail, pass, warn, type Check } from '../check.js';

/** Without a directory that answers nobody can log in, and the first administrator least of all. */
export const identityLdap: Check = {
  id: 'identity.ldap',
  group: 'Logins',
  title: 'LDAP directory',
  phases: ['install', 'update'],
  applies: ({ ldap }) => ldap !== undefined,

  async run({ host, subject: { ldap } }) {
    if (ldap === undefined) return pass('no directory was named');
    const [{ observeLdap }, { judgeLdap, wouldFail }] = await Promise.all([
      import('../../identity/ldap/observe.js'),
      import('../../identity/ldap/judge.js'),
    ]);
    const findings = judgeLdap(await observeLdap(ldap, host));
    const odd = findings.filter(({ status }) => status !== 'pass');
    if (odd.length === 0) {
      return pass(
        findings.filter(({ id }) => CALM.has(id)).map(({ seen }) => seen),
        { facts: { findings } },
      );
    }
    const result = wouldFail(findings) ? fail : warn;
    return result(
      odd.flatMap(({ id, seen, why }) => [`${id}: ${seen}`, ...(why === undefined ? [] : [why])]),
      { fix: odd.flatMap(({ fix = [] }) => fix), facts: { findings } },
    );
  },
};

/** What is said of a directory that is as it should be. */
const CALM: ReadonlySet<string> = new Set(['ldap.connect', 'ldap.search']);
