import { appPage } from './app-page.js';
import { ASSETS } from './assets.js';
import { categoriesOf } from './categories.js';
import { requireIds } from './ids.js';
import { listPage, type ListPage } from './list-page.js';
import type { MarketModel } from './model.js';
import { byDate, byName } from './order.js';
import { shortened } from './words.js';

/**
 * The market as files, by their path below the site root, where `apps/`, `packages/` and `images/` of the index lie
 * too: it writes `index.html` and below `app/`, `category/`, `newest/` and `market/`. The same model gives the same
 * bytes, whenever and wherever.
 *
 *     index.html                     all apps by name, and the latest
 *     newest/index.html              all apps by date
 *     category/<slug>/index.html     the apps of one category
 *     app/<appId>/index.html         one app
 *     market/                        style, script, icon
 *
 * @throws Refusal E_INDEX_ID when an id is none
 */
export function renderMarket(model: MarketModel): ReadonlyMap<string, string | Uint8Array> {
  for (const { entry } of model.apps) requireIds(entry);
  const market = {
    title: shortened(model.title, 80) || 'Apps',
    servers: (model.servers ?? []).filter(isPlainAddress),
  };
  const named = byName(model.apps);
  const categories = categoriesOf(named);
  const dated = byDate(named);
  const common = { market, categories, total: named.length, newest: [] };
  const pages = new Map<string, string>(ASSETS);
  const list = (path: string, page: Omit<ListPage, keyof typeof common> & Partial<ListPage>): unknown =>
    pages.set(path, listPage({ ...common, ...page }));

  list('index.html', {
    root: '',
    which: 'all',
    heading: market.title,
    apps: named,
    lettered: true,
    // With few apps the list itself shows at a glance what there is.
    newest: dated.length > FEW ? dated.slice(0, SHOWN_LARGE) : [],
  });
  list('newest/index.html', {
    root: '../',
    which: 'newest',
    heading: 'Newest',
    apps: dated,
    lettered: false,
  });
  for (const { slug, title, apps } of categories)
    list(`category/${slug}/index.html`, {
      root: '../../',
      which: `category/${slug}`,
      heading: title,
      apps,
      lettered: true,
    });
  for (const app of named) pages.set(`app/${app.entry.appId}/index.html`, appPage(app, market, categories));
  return pages;
}

const FEW = 8;
const SHOWN_LARGE = 4;

function isPlainAddress(server: string): boolean {
  return URL.canParse(server) && /^https?:\/\/[^\s/]+\/?$/.test(server);
}
