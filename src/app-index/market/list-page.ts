import { card, tile } from './card.js';
import type { Category } from './categories.js';
import { html, type Html } from './html.js';
import type { MarketApp } from './model.js';
import { sectionsOf, type Section } from './order.js';
import { wholePage, type Page } from './page.js';
import { appCount, grouped } from './words.js';

export interface ListPage {
  readonly root: string;
  readonly market: Page['market'];
  /** "all", "newest" or the slug of a category. */
  readonly which: string;
  readonly heading: string;
  /** In the order in which they are shown. */
  readonly apps: readonly MarketApp[];
  /** Whether to put letters between them. */
  readonly lettered: boolean;
  /** Shown large above the others. */
  readonly newest: readonly MarketApp[];
  readonly categories: readonly Category[];
  readonly total: number;
}

export function listPage(page: ListPage): string {
  const { root, market, heading, apps, newest, which } = page;
  const sections = page.lettered ? sectionsOf(apps) : [{ letter: undefined, apps }];
  const main = html`<div class="hero">
      <h1>${heading}</h1>
      <p class="lead">${leadOf(page)}</p>
      ${apps.length > 0 && searchForm(root, which, heading)}
    </div>
    <div class="browse">
      ${categoryList(page)}
      <div class="shelf">
        <p class="status" role="status" data-status></p>
        <section class="results" data-results aria-label="Search results" hidden>
          <ul class="cards"></ul>
          <p class="actions"><button type="button" data-more hidden>Show all</button></p>
        </section>
        <div class="nothing" data-nothing hidden>
          <p class="big">Nothing here by that name.</p>
          <p>Fewer or shorter words find more.</p>
          <p class="actions">
            ${which !== 'all' && html`<a class="button" data-everywhere href="${root}index.html">Look among all apps</a>`}<button
              type="button"
              data-clear
            >
              Show everything again
            </button>
          </p>
        </div>
        <div data-all>
          ${
            newest.length > 0 &&
            html`<section class="new" aria-labelledby="new">
              <div class="bar">
                <h2 id="new">Just arrived</h2>
                <a href="${root}newest/index.html">All by date</a>
              </div>
              <ul class="tiles">
                ${newest.map((app) => tile(app, root))}
              </ul>
            </section> `
          }${apps.length === 0 ? EMPTY : listing(sections, page)}
        </div>
      </div>
    </div>`;
  const description = `Apps for Sandstorm: ${appCount(page.total)} to install from this network.`;
  return wholePage({ root, market, heading, description, main });
}

const EMPTY = html`<div class="nothing">
  <p class="big">There are no apps here yet.</p>
  <p>Whoever keeps this market adds them to its index.</p>
</div>`;

function leadOf({ which, apps, total }: ListPage): string {
  if (which === 'all')
    return total === 0 ? '' : `${appCount(total)} for your Sandstorm, all of them on this network.`;
  return which === 'newest' ? 'What was added or renewed last comes first.' : `${appCount(apps.length)}.`;
}

function searchForm(root: string, which: string, heading: string): Html {
  const wish = which === 'all' || which === 'newest' ? 'Search all apps' : `Search in ${heading}`;
  return html`<form
    class="search needs-script"
    role="search"
    action="${which === 'all' ? '' : root}index.html"
    data-search
  >
    <label class="unseen" for="q">${wish}</label>
    <svg viewBox="0 0 20 20" width="20" height="20" aria-hidden="true" focusable="false">
      <circle cx="8.5" cy="8.5" r="5.5" fill="none" stroke="currentColor" stroke-width="2" />
      <path d="M12.8 12.8 18 18" stroke="currentColor" stroke-width="2" stroke-linecap="round" />
    </svg>
    <input
      id="q"
      name="q"
      type="search"
      placeholder="${wish}"
      autocomplete="off"
      spellcheck="false"
      enterkeyhint="search"
    /><kbd aria-hidden="true">/</kbd>
  </form>`;
}

function categoryList({ root, which, categories, total }: ListPage): Html {
  const item = (of: string, title: string, address: string, count?: number): Html =>
    html`<li>
      <a href="${root}${address}" ${of === which && CURRENT}
        ><span>${title}</span>${count !== undefined && html`<small>${grouped(count)}</small>`}</a
      >
    </li> `;
  return html`<nav class="categories" aria-label="Categories">
    <ul>
      ${item('all', 'All apps', 'index.html', total)}${item('newest', 'Newest', 'newest/index.html')}${categories.map(
        ({ slug, title, apps }) =>
          item(`category/${slug}`, title, `category/${slug}/index.html`, apps.length),
      )}
    </ul>
  </nav>`;
}

const CURRENT = html` aria-current="page"`;

function listing(sections: readonly Section[], { root, newest, lettered }: ListPage): Html {
  const letters = sections.flatMap(({ letter }, at) =>
    letter === undefined ? [] : [html`<a href="#s${at}">${letter}</a>`],
  );
  return html`<section aria-labelledby="list">
    <h2 id="list" class="${letters.length === 0 && newest.length === 0 && 'unseen'}">
      ${lettered ? 'From A to Z' : 'By date'}
    </h2>
    ${letters.length > 0 && html`<nav class="letters" aria-label="Letters">${letters}</nav> `}${sections.map(
      ({ letter, apps }, at) =>
        html`<div class="letter-section" id="s${at}">
          ${letter !== undefined && html`<h3>${letter}</h3>`}
          <ul class="cards" data-cards>
            ${apps.map((app) => card(app, root))}
          </ul>
        </div> `,
    )}
  </section>`;
}
