import type { LdapFinding } from './finding.js';
import { judgeConnection } from './judge-connection.js';
import { judgePeople } from './judge-people.js';
import { judgeForms, judgeProduct } from './judge-forms.js';
import { judgeBind, judgeEverybody } from './judge-search.js';
import type { LdapObservation } from './observation.js';

/** What would work in Sandstorm and what would not, in the order in which it would happen. Pure. */
export function judgeLdap(seen: LdapObservation): readonly LdapFinding[] {
  const connection = judgeConnection(seen);
  const reached = seen.connection?.kind === 'open' && !connection.some(({ status }) => status === 'fail');
  if (!reached) return connection;
  const everybody = judgeEverybody(seen);
  // Where nobody can be found, each who is not found says nothing new.
  const people = wouldFail(everybody) ? [] : judgePeople(seen);
  return [
    ...connection,
    ...judgeProduct(seen),
    ...judgeForms(seen),
    ...judgeBind(seen),
    ...everybody,
    ...people,
  ];
}

export function wouldFail(findings: readonly LdapFinding[]): boolean {
  return findings.some(({ status }) => status === 'fail');
}
