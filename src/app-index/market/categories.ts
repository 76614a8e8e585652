import { plain } from './html.js';
import type { MarketApp } from './model.js';
import { compare, folded } from './order.js';
import { shortened } from './words.js';

export interface Category {
  readonly title: string;
  /** Its folder below `category/`. */
  readonly slug: string;
  /** In the order in which they came. */
  readonly apps: readonly MarketApp[];
}

/** All categories that have an app, in the order of their titles; "Other" comes last, as it is a remainder. */
export function categoriesOf(apps: readonly MarketApp[]): Category[] {
  const found = new Map<string, MarketApp[]>();
  for (const app of apps)
    for (const title of new Set(app.entry.categories.map(titleOf))) {
      const there = found.get(title);
      if (there === undefined) found.set(title, [app]);
      else there.push(app);
    }
  const titles = [...found.keys()].sort(
    (one, other) =>
      Number(one === 'Other') - Number(other === 'Other') ||
      compare(folded(one), folded(other)) ||
      compare(one, other),
  );
  const slugs = new Set<string>();
  return titles.map((title) => ({ title, slug: slugFor(title, slugs), apps: found.get(title) ?? [] }));
}

export function titleOf(category: string): string {
  return shortened(plain(category), 60) || 'Other';
}

/** Titles of strangers may be anything; two that are written alike must not become one page. */
function slugFor(title: string, taken: Set<string>): string {
  const wish =
    folded(title)
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-|-$/g, '') || 'category';
  let slug = wish;
  for (let more = 2; taken.has(slug); more += 1) slug = `${wish}-${more}`;
  taken.add(slug);
  return slug;
}
