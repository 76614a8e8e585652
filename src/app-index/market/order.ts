import type { IndexEntry } from '../format.js';
import type { MarketApp } from './model.js';

/**
 * For comparing and searching: without case and accents. Not by `Intl`, whose order changes with the release of
 * Node: the same index is to give the same bytes everywhere.
 */
export function folded(text: string): string {
  return text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase().trim();
}

export function byName(apps: readonly MarketApp[]): MarketApp[] {
  return sortedBy(apps, ({ entry }) => [folded(entry.name), entry.appId]);
}

/** The latest first; what is of the same moment stays in its order. */
export function byDate(apps: readonly MarketApp[]): MarketApp[] {
  return [...apps].sort((one, other) => compare(other.entry.createdAt, one.entry.createdAt));
}

export interface Section {
  /** "A", "0–9"; undefined where there are too few apps to need any. */
  readonly letter: string | undefined;
  readonly apps: readonly MarketApp[];
}

/** Apps in the order of their names, under letters once there are more than the eye takes in. */
export function sectionsOf(apps: readonly MarketApp[]): Section[] {
  if (apps.length < ENOUGH_FOR_LETTERS) return apps.length === 0 ? [] : [{ letter: undefined, apps }];
  const sections = new Map<string, MarketApp[]>();
  for (const app of apps) {
    const letter = letterOf(app.entry);
    const there = sections.get(letter);
    if (there === undefined) sections.set(letter, [app]);
    else there.push(app);
  }
  const letters = [...sections].sort(([one], [other]) => compare(rankOf(one), rankOf(other)));
  return letters.map(([letter, of]) => ({ letter, apps: of }));
}

const ENOUGH_FOR_LETTERS = 60;
const DIGITS = '0–9';
const OTHERS = '…';

function letterOf({ name }: IndexEntry): string {
  const first = folded(name)[0] ?? '';
  if (/[a-z]/.test(first)) return first.toUpperCase();
  return /\d/.test(first) ? DIGITS : OTHERS;
}

function rankOf(letter: string): string {
  return letter === OTHERS ? '~' : letter === DIGITS ? '0' : letter;
}

function sortedBy<T>(things: readonly T[], keysOf: (thing: T) => readonly string[]): T[] {
  const keyed = things.map((thing) => ({ thing, keys: keysOf(thing) }));
  keyed.sort((one, other) => {
    const at = one.keys.findIndex((key, place) => key !== other.keys[place]);
    return at < 0 ? 0 : compare(one.keys[at] ?? '', other.keys[at] ?? '');
  });
  return keyed.map(({ thing }) => thing);
}

/** By code units: the same everywhere. */
export function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
