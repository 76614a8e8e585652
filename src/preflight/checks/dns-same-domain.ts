import { sameSite } from '../../server/same-site.js';
import { parseBaseUrl, starName } from '../../server/addresses.js';
import { fail, pass, skip, type Check } from '../check.js';
import { wildcardTarget } from '../dns/target.js';

/** BASE_URL and WILDCARD_HOST are one site to a browser, and have one port. */
export const dnsSameDomain: Check = {
  id: 'dns.same-domain',
  group: 'Network',
  title: 'One domain',
  phases: ['install', 'update'],

  run({ subject }) {
    return Promise.resolve().then(() => {
      if (subject.baseUrl === undefined) return skip('BASE_URL is not known yet (--base-url)');
      const target = wildcardTarget(subject);
      if ('unknown' in target) return skip(target.unknown);
      const base = parseBaseUrl(subject.baseUrl);
      const misfits = sameSite(base, target.wildcard);
      const facts = { base: base.text, wildcard: target.wildcard.text, misfits };
      if (misfits.length === 0) {
        return pass(`${base.host} and ${starName(target.wildcard)} are one site, with one port`, { facts });
      }
      const better = misfits.find(({ suggestion }) => suggestion !== undefined)?.suggestion;
      const fix =
        better === undefined
          ? 'give the server a name inside a domain, such as sandstorm.corp.lan, and use it in --base-url'
          : `--wildcard-host '${better}'`;
      return fail(
        misfits.map(({ sentence }) => sentence),
        { fix: [fix], facts },
      );
    });
  },
};
