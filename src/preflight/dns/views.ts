import { outcomeOf, type Observation, type Outcome, type Source } from './observe.js';

/** One source's last word on a name, or on all names under a pattern. */
export interface View {
  readonly source: Source;
  /** The name to speak of: the one that shows the trouble, if there is any. */
  readonly name: string;
  readonly outcome: Outcome;
  /** It knows `name` but not this one: single records, no wildcard. */
  readonly lacks?: string;
}

export type Found = View & { readonly outcome: Extract<Outcome, { kind: 'addresses' }> };

export function hasAddresses(view: View): view is Found {
  return view.outcome.kind === 'addresses';
}

/** What each source says, the answers for several names of one source put together. */
export function viewsOf(observations: readonly Observation[]): readonly View[] {
  const groups = new Map<string, [View, ...View[]]>();
  for (const seen of observations) {
    const view: View = { source: seen.source, name: seen.name, outcome: outcomeOf(seen) };
    const key = `${seen.source.origin} ${seen.source.name}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [view]);
    else group.push(view);
  }
  return [...groups.values()].map(together);
}

function together(views: readonly [View, ...View[]]): View {
  const [first] = views;
  const found = views.filter(hasAddresses);
  const failed = views.find((view) => !hasAddresses(view));
  const [known] = found;
  if (known === undefined) return first;

  const denied = failed?.outcome.kind === 'nxdomain' || failed?.outcome.kind === 'nodata';
  if (failed !== undefined && !denied) return failed;
  return {
    source: first.source,
    name: known.name,
    outcome: {
      kind: 'addresses',
      addresses: [...new Set(found.flatMap(({ outcome }) => outcome.addresses))].sort(),
      otherFamily: found.find(({ outcome }) => outcome.otherFamily !== undefined)?.outcome.otherFamily,
    },
    ...(failed === undefined ? {} : { lacks: failed.name }),
  };
}
