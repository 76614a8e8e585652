import type { LdapFinding } from './finding.js';
import { judgeConnection } from './judge-connection.js';
import { judgePeople } from './judge-people.js';
import { judgeBind, judgeEverybody, judgeForms, judgeProduct } from './judge-search.js';
import type { LdapObservation } from './observation.js';

/** What would work in Sandstorm and what would not, in the order in which it would happen. Pure. */
export function judgeLdap(seen: LdapObservation): readonly LdapFinding[] {
  const connection = judgeConnection(seen);
  const reached = seen.connection?.kind === 'open' && !connection.some(({ status }) => status === 'fail');
  if (!reached) return connection;
  return [
    ...connection,
    ...judgeProduct(seen),
    ...judgeForms(seen),
    ...judgeBind(seen),
    ...judgeEverybody(seen),
    ...judgePeople(seen),
  ];
}

export function wouldFail(findings: readonly LdapFinding[]): boolean {
  return findings.some(({ status }) => status === 'fail');
}
