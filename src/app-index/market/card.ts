import { html, type Html } from './html.js';
import { imageName } from './ids.js';
import type { MarketApp } from './model.js';
import { shortened } from './words.js';

const LONGEST_NAME = 100;
const LONGEST_SENTENCE = 200;

export function nameOf({ entry }: MarketApp): string {
  return shortened(entry.name, LONGEST_NAME) || 'App without a name';
}

export function sentenceOf({ entry }: MarketApp): string {
  return shortened(entry.shortDescription ?? '', LONGEST_SENTENCE);
}

export function appAddress(root: string, { entry }: MarketApp): string {
  return `${root}app/${entry.appId}/index.html`;
}

/**
 * The app's picture, or its first letter. Always as an image, never inlined: what runs in an SVG document does not
 * run in a picture.
 */
export function iconOf(app: MarketApp, root: string, size: number, loading: 'lazy' | 'eager' = 'lazy'): Html {
  const image = imageName(app.entry.imageId);
  if (image === undefined) {
    const [letter = ''] = nameOf(app).toUpperCase();
    return html`<span class="icon letter tone-${toneOf(app)}" aria-hidden="true">${letter}</span>`;
  }
  return html`<img
    class="icon"
    src="${root}images/${image}"
    alt=""
    width="${size}"
    height="${size}"
    loading="${loading}"
    decoding="async"
  />`;
}

/** One of six, always the same for an app. */
export function toneOf({ entry }: MarketApp): number {
  let sum = 0;
  for (const sign of entry.appId) sum = (sum * 31 + sign.charCodeAt(0)) % 6007;
  return sum % 6;
}

/** One line of the list. There may be thousands: nothing here that is not seen or searched. */
export function card(app: MarketApp, root: string): Html {
  const { author, upstreamAuthor, categories } = app.entry;
  const searched = shortened([author.name, upstreamAuthor, ...categories].filter(Boolean).join(' '), 200);
  return html`<li data-s="${searched}">
    <a href="${appAddress(root, app)}"
      >${iconOf(app, root, 56)}<span><b>${nameOf(app)}</b><span>${sentenceOf(app)}</span></span></a
    >
  </li> `;
}

/** One of the few that are shown large. */
export function tile(app: MarketApp, root: string): Html {
  return html`<li>
    <a href="${appAddress(root, app)}"
      ><span class="panel tone-${toneOf(app)}">${iconOf(app, root, 96, 'eager')}</span><b>${nameOf(app)}</b
      ><span>${sentenceOf(app)}</span></a
    >
  </li> `;
}
