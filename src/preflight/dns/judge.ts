import { isLinkLocal, parseIp } from '../../system/ip.js';
import type { Observation, Outcome, Source } from './observe.js';
import { placeOf, type Place, type Wanted } from './place.js';
import { hasAddresses, viewsOf, type Found, type View } from './views.js';

/** What has to be looked after; decides which fix is shown. */
export type Trouble = 'record' | 'emptied' | 'listen' | 'server' | 'none';

/** One thing to say. The sources it holds for stand between the two halves of the sentence. */
export interface Remark {
  readonly level: 'fail' | 'warn' | 'note';
  readonly trouble: Trouble;
  readonly before: string;
  readonly sources: readonly Source[];
  readonly after: string;
  /** It says no more than that a name leads where it should. */
  readonly right?: true;
}

/** BASE_URL's host: every source's answer for one name. Worst first; all notes means all is well. */
export function judgeBase(observations: readonly Observation[], wanted: Wanted): readonly Remark[] {
  return worstFirst(judgeViews(viewsOf(observations), wanted));
}

/**
 * Names under the wildcard: at least two made-up names for each source, and beside them the answers
 * for BASE_URL's host. Worst first; all notes means all is well.
 */
export function judgeWildcard(
  observations: readonly Observation[],
  base: readonly Observation[],
  wanted: Wanted,
): readonly Remark[] {
  const views = viewsOf(observations);
  return worstFirst([...judgeViews(views, wanted), ...besideBase(views, viewsOf(base))]);
}

/** The addresses that are as they should be, as some DNS server gives them; this machine's word last. */
export function rightAddresses(observations: readonly Observation[], wanted: Wanted): readonly string[] {
  const found = viewsOf(observations).filter(hasAddresses);
  const [servers, machine] = [found.filter(isServer), found.filter((view) => !isServer(view))];
  const right = [...servers, ...machine].flatMap(({ outcome, source }) =>
    outcome.addresses.filter((address) => placeOf(address, wanted, source.origin) === 'right'),
  );
  return [...new Set(right)];
}

/** Addresses outside this machine that names lead to. */
export function foreignAddresses(observations: readonly Observation[], wanted: Wanted): readonly string[] {
  const found = viewsOf(observations).filter(hasAddresses);
  const foreign = found.flatMap(({ outcome, source }) =>
    outcome.addresses.filter((address) => placeOf(address, wanted, source.origin) === 'foreign'),
  );
  return [...new Set(foreign)];
}

function judgeViews(views: readonly View[], wanted: Wanted): readonly Remark[] {
  const servers = views.filter(isServer);
  const machine = views.find((view) => !isServer(view));
  const known = servers.some(hasAddresses);
  return [
    ...servers.flatMap((view) =>
      hasAddresses(view) ? aboutAddresses(view, wanted, known) : [aboutFailure(view, known)],
    ),
    ...(machine === undefined ? [] : aboutMachine(machine, servers, wanted)),
    ...disagreement(servers, wanted),
  ];
}

function aboutMachine(machine: View, servers: readonly View[], wanted: Wanted): readonly Remark[] {
  const known = servers.some(hasAddresses);
  // The machine asks those: what they lack has been said.
  const denied = servers.some(
    ({ source, outcome }) =>
      source.origin === 'system' && (outcome.kind === 'nxdomain' || outcome.kind === 'nodata'),
  );
  if (hasAddresses(machine)) {
    const found = aboutAddresses(machine, wanted, known);
    if (known) return found;
    const text = `only this machine knows ${machine.name} (/etc/hosts?), no DNS server says so: clients will not find it`;
    return [remark('fail', 'record', [], text), ...found];
  }
  if (known && denied) return [];
  if (known) {
    const text = `this machine itself finds no address for ${machine.name}, only the DNS servers asked do: see /etc/resolv.conf`;
    return [remark('fail', 'server', [], text)];
  }
  if (servers.length > 0) return [];
  return [remark('fail', 'record', [], `no address for ${machine.name}, and no DNS server to ask`)];
}

/** Not one address. A server of resolv.conf may be down while others answer; a given one was asked for. */
function aboutFailure({ source, name, outcome }: View, known: boolean): Remark {
  const missing = outcome.kind === 'nxdomain' || outcome.kind === 'nodata';
  const level = missing || source.origin === 'given' || !known ? 'fail' : 'warn';
  const before = `no answer for ${name} from `;
  // A forwarder with rebinding protection empties answers that hold private addresses.
  const trouble = !missing ? 'server' : outcome.kind === 'nodata' && known ? 'emptied' : 'record';
  return remark(level, trouble, [source], before, ` (${reasonOf(outcome)})`);
}

function reasonOf(outcome: Outcome): string {
  switch (outcome.kind) {
    case 'nxdomain':
      return 'NXDOMAIN';
    case 'nodata':
      return 'the name is there, but without an address';
    case 'timeout':
      return 'nothing within 5 s';
    case 'refused':
      return 'REFUSED: it does not serve this machine or this domain';
    case 'servfail':
      return 'SERVFAIL: it tried and failed';
    case 'unreachable':
      return outcome.reason;
    case 'addresses':
      return outcome.addresses.join(', ');
  }
}

function aboutAddresses(view: Found, wanted: Wanted, known: boolean): readonly Remark[] {
  const { source, name, outcome } = view;
  const usable = outcome.addresses.filter((address) => !isLinkLocal(address));
  const placed = (usable.length === 0 ? outcome.addresses : usable).map((address) => ({
    address,
    place: placeOf(address, wanted, source.origin),
  }));
  const remarks = placed.map(({ address, place }) => {
    const others = placed.some((other) => other.place === 'right');
    return aboutPlace(address, place, { source, name, wanted, known, others });
  });
  if (view.lacks !== undefined) {
    const before = `${name} has an address but ${view.lacks} has none: single records, not a wildcard (from `;
    remarks.push(remark('fail', 'record', [source], before, ')'));
  }
  // A few stub resolvers (musl, systemd-resolved) take an error for one family as one for the name.
  if (outcome.otherFamily !== undefined && isServer(view)) {
    const missing = parseIp(outcome.addresses[0] ?? '')?.family === 6 ? 'IPv4' : 'IPv6';
    const before = `asked for an ${missing} address of ${name}, `;
    const after = ` gave an error (${outcome.otherFamily}) instead of "none": some clients then give up`;
    remarks.push(remark('warn', 'record', [source], before, after));
  }
  return remarks;
}

interface Context {
  readonly source: Source;
  readonly name: string;
  readonly wanted: Wanted;
  /** Some DNS server has an address for the name. */
  readonly known: boolean;
  /** The same source has a right address too. */
  readonly others: boolean;
}

function aboutPlace(address: string, place: Place, context: Context): Remark {
  const { source, name, wanted, known, others } = context;
  const arrow = `${name} -> ${address}`;
  const say = (level: Remark['level'], trouble: Trouble, text: string) =>
    remark(level, trouble, [source], `${arrow}${text} (from `, ')');
  switch (place) {
    case 'right':
      return {
        ...say('note', 'none', wanted.expectAddress === address ? ', as expected' : ', this machine'),
        right: true,
      };
    case 'foreign':
      return say('fail', 'record', `, not ${wanted.expectAddress ?? 'this machine'}`);
    case 'loopback':
      return source.origin === 'lookup' && known
        ? say('note', 'none', ' from /etc/hosts, for this machine only')
        : say('warn', 'record', ': clients would look for the server on themselves');
    case 'not-listening':
      return say('fail', 'listen', `, but the server will listen on ${wanted.bindIp} only`);
    case 'behind-proxy':
      return say(
        'warn',
        'listen',
        `, but the server will listen on ${wanted.bindIp}: only a proxy here reaches it`,
      );
    case 'other-family':
      return say(others ? 'warn' : 'fail', 'listen', `, but on ${wanted.bindIp} the server has no IPv6`);
  }
}

/** Two servers, two answers: which one a client gets is chance. */
function disagreement(servers: readonly View[], wanted: Wanted): readonly Remark[] {
  const found = servers.filter(hasAddresses);
  const answers = new Set(found.map(({ outcome }) => outcome.addresses.join(', ')));
  if (answers.size < 2) return [];
  const said = found.map(({ outcome, source }) => `${source.name} says ${outcome.addresses.join(', ')}`);
  const right = ({ outcome, source }: Found) =>
    outcome.addresses.every((address) => placeOf(address, wanted, source.origin) === 'right');
  // Where one of them is wrong that has been said already; this only adds who is at odds with whom.
  const level = found.every(right) ? 'warn' : 'note';
  return [remark(level, 'record', [], `the DNS servers disagree: ${said.join('; ')}`)];
}

/** Names under the wildcard should lead where BASE_URL's host leads, by the same kinds of address. */
function besideBase(views: readonly View[], base: readonly View[]): readonly Remark[] {
  return views.filter(hasAddresses).flatMap((view) => {
    const beside = base.filter(hasAddresses).find(({ source }) => source.name === view.source.name);
    if (beside === undefined || !isServer(view)) return [];
    const [here, there] = [familiesOf(view), familiesOf(beside)];
    if (here !== there) {
      const before = `${beside.name} has ${there}, names under the wildcard have ${here} (from `;
      return [remark('warn', 'record', [view.source], before, ')')];
    }
    const same = beside.outcome.addresses.join(', ') === view.outcome.addresses.join(', ');
    if (same) return [];
    const text = `${beside.name} is ${beside.outcome.addresses.join(', ')}, ${view.name} is ${view.outcome.addresses.join(', ')} (from `;
    return [remark('warn', 'record', [view.source], text, ')')];
  });
}

function familiesOf({ outcome }: Found): string {
  const families = new Set(outcome.addresses.map((address) => parseIp(address)?.family));
  if (families.size > 1) return 'IPv4 and IPv6';
  return families.has(6) ? 'only IPv6' : 'only IPv4';
}

function isServer(view: View): boolean {
  return view.source.origin !== 'lookup';
}

function remark(
  level: Remark['level'],
  trouble: Trouble,
  sources: readonly Source[],
  before: string,
  after = '',
): Remark {
  return { level, trouble, sources, before, after };
}

/** The worst first, and what holds for several sources said once. */
function worstFirst(remarks: readonly Remark[]): readonly Remark[] {
  const merged = new Map<string, Remark>();
  for (const one of remarks) {
    const key = [one.level, one.before, one.after].join('\n');
    const same = merged.get(key);
    merged.set(key, same === undefined ? one : { ...same, sources: [...same.sources, ...one.sources] });
  }
  const levels = ['fail', 'warn', 'note'];
  // Among equals first what the administrator of the zone can put right.
  const troubles: readonly Trouble[] = ['record', 'emptied', 'listen', 'server', 'none'];
  const weight = ({ level, trouble }: Remark) => levels.indexOf(level) * 10 + troubles.indexOf(trouble);
  return [...merged.values()].sort((a, b) => weight(a) - weight(b));
}
