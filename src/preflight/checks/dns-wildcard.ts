import { nameFor, randomLabel, starName, type WildcardHost } from '../../server/addresses.js';
import { dnsWildcardFor, passThroughRecipes, wildcardRecipes } from '../../server/dns-records.js';
import { randomBytes } from '../../system/random.js';
import { skip, type Check } from '../check.js';
import { foreignAddresses, judgeWildcard, rightAddresses } from '../dns/judge.js';
import { observe, sourcesFor } from '../dns/observe.js';
import { factsOf, leadsTo, resultOf } from '../dns/report.js';
import { baseTarget, isLocalhost, publishable, wantedFor, wildcardTarget } from '../dns/target.js';

/** Two names nobody made a record for: one could be a left-over of an earlier test. */
const MADE_UP_NAMES = 2;
const LABEL_BYTES = 6;

/** Any name under WILDCARD_HOST leads where BASE_URL leads, for every DNS server there is to ask. */
export const dnsWildcard: Check = {
  id: 'dns.wildcard',
  group: 'Network',
  title: 'Wildcard names',
  phases: ['install', 'update'],

  async run(context) {
    const { host, subject } = context;
    const base = baseTarget(subject);
    if ('unknown' in base) return skip(base.unknown);
    const target = wildcardTarget(subject);
    if ('unknown' in target) return skip(target.unknown);
    const { wildcard } = target;
    if (isLocalhost(nameFor(wildcard, 'x'))) return skip('DNS has no part in names under localhost');

    const wanted = wantedFor(context);
    const sources = sourcesFor(host.dns, subject);
    const made = Array.from({ length: MADE_UP_NAMES }, () =>
      nameFor(wildcard, randomLabel(randomBytes(LABEL_BYTES))),
    );
    const [seen, beside] = await Promise.all([
      observe(host.dns, sources, made),
      observe(host.dns, sources, [base.base.host]),
    ]);
    const foreign = foreignAddresses(seen, wanted);
    const right = [...rightAddresses(beside, wanted), ...rightAddresses(seen, wanted)];
    return resultOf(judgeWildcard(seen, beside, wanted), {
      headline: leadsTo(starName(wildcard), rightAddresses(seen, wanted), wanted, sources),
      recipes: wildcardRecipes(wildcard, publishable([...new Set(right)], wanted)),
      passThrough: passThroughRecipes(dnsWildcardFor(wildcard).domain),
      recipeNotes: notesFor(wildcard),
      tryName: nameFor(wildcard, 'anything'),
      foreign,
      facts: { pattern: starName(wildcard), wanted, foreign, answers: factsOf([...seen, ...beside]) },
    });
  },
};

function notesFor(wildcard: WildcardHost): readonly string[] {
  const { domain, widerThanPattern } = dnsWildcardFor(wildcard);
  if (!widerThanPattern) return [];
  return [
    `in DNS a star stands for a whole label, so ${starName(wildcard)} needs *.${domain};`,
    `dnsmasq and unbound then take every name under ${domain} that they do not know themselves:`,
    `in a domain with other names use the zone record, or a wildcard of its own such as *.sandstorm.${domain}`,
  ];
}
