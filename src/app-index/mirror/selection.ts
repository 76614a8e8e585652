import { Refusal } from '../../errors.js';
import type { IndexEntry } from '../format.js';

export interface Selection {
  /** App ids; none: every app. */
  readonly apps: readonly string[];
  /** Titles as the index has them, in any case; an app of one of them is taken. */
  readonly categories: readonly string[];
}

/** @throws Refusal E_MIRROR_SELECTION for what the index does not have: a typing error would empty the mirror. */
export function select(
  entries: readonly IndexEntry[],
  { apps, categories }: Selection,
): readonly IndexEntry[] {
  const there = new Set(entries.map(({ appId }) => appId));
  const titles = new Map(
    entries.flatMap((one) => one.categories).map((title) => [title.toLowerCase(), title]),
  );
  const noApps = apps.filter((id) => !there.has(id));
  if (noApps.length > 0) {
    throw notThere(
      `no app ${noApps.join(', ')}`,
      'look up the app id in the market: it is in the address of its page',
    );
  }
  const noCategories = categories.filter((title) => !titles.has(title.toLowerCase()));
  if (noCategories.length > 0) {
    throw notThere(
      `no category ${noCategories.join(', ')}`,
      `it has: ${[...titles.values()].sort().join(', ')}`,
    );
  }
  if (apps.length === 0 && categories.length === 0) return entries;
  const wanted = new Set(categories.map((title) => title.toLowerCase()));
  return entries.filter(
    (entry) =>
      apps.includes(entry.appId) || entry.categories.some((title) => wanted.has(title.toLowerCase())),
  );
}

function notThere(what: string, hint: string): Refusal {
  return new Refusal('E_MIRROR_SELECTION', `the index has ${what}`, { hint });
}
