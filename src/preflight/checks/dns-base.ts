import { hostRecipes, passThroughRecipes } from '../../server/dns-records.js';
import { skip, warn, type Check } from '../check.js';
import { foreignAddresses, judgeBase, rightAddresses } from '../dns/judge.js';
import { observe, sourcesFor } from '../dns/observe.js';
import { factsOf, leadsTo, resultOf } from '../dns/report.js';
import { baseTarget, isLocalhost, publishable, wantedFor } from '../dns/target.js';

/** BASE_URL's host name leads here, for this machine and for every DNS server there is to ask. */
export const dnsBase: Check = {
  id: 'dns.base',
  group: 'Network',
  title: 'Name of the server',
  phases: ['install', 'update'],

  async run(context) {
    const { host, subject } = context;
    const target = baseTarget(subject);
    if ('unknown' in target) return skip(target.unknown);
    const name = target.base.host;
    if (isLocalhost(name)) return warn(`${name} leads each client to itself: nobody else can use the server`);

    const wanted = wantedFor(context);
    const sources = sourcesFor(host.dns, subject);
    const seen = await observe(host.dns, sources, [name]);
    const right = rightAddresses(seen, wanted);
    const foreign = foreignAddresses(seen, wanted);
    return resultOf(judgeBase(seen, wanted), {
      headline: leadsTo(name, right, wanted, sources),
      recipes: hostRecipes(name, publishable(right, wanted)),
      passThrough: passThroughRecipes(name),
      recipeNotes: [],
      tryName: name,
      foreign,
      facts: { name, wanted, foreign, answers: factsOf(seen) },
    });
  },
};
