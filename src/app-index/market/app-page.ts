import { bytes } from '../../words.js';
import { iconOf, nameOf, sentenceOf, toneOf } from './card.js';
import { titleOf, type Category } from './categories.js';
import { html, type Html } from './html.js';
import { imageName, requirePackageId } from './ids.js';
import { nameOfLink, safeLink } from './links.js';
import { renderMarkdown } from './markdown.js';
import type { MarketApp, MarketVersion } from './model.js';
import { wholePage, type Page } from './page.js';
import { dayOf, shortened } from './words.js';

const ROOT = '../../';

/** The page of one app, at `app/<appId>/index.html`: Sandstorm's own "see it in the market" leads to `app/<appId>`. */
export function appPage(app: MarketApp, market: Page['market'], categories: readonly Category[]): string {
  const name = nameOf(app);
  const main = html`<p class="back"><a href="${ROOT}index.html">All apps</a></p>
    <article class="app">
      <header class="app-head">
        <span class="panel tone-${toneOf(app)}">${iconOf(app, ROOT, 112, 'eager')}</span>
        <div>
          <h1>${name}</h1>
          <p class="lead">${sentenceOf(app)}</p>
          <p class="by">${authorOf(app)}</p>
        </div>
      </header>
      ${installBox(app)}
      <div class="app-body">
        ${screenshots(app, name)}
        <section aria-labelledby="about">
          <h2 id="about">About</h2>
          <div class="prose">${descriptionOf(app)}</div>
        </section>
        ${versionTable(app)}
      </div>
      ${factsOf(app, categories)}
    </article>`;
  return wholePage({ root: ROOT, heading: name, market, description: sentenceOf(app) || undefined, main });
}

function descriptionOf({ details }: MarketApp): Html {
  const text = details.description?.trim() ?? '';
  return text === ''
    ? html`<p class="muted">Its author has not described it further.</p>`
    : renderMarkdown(text);
}

function authorOf({ entry }: MarketApp): Html | undefined {
  const name = shortened(entry.author.name ?? '', 100);
  const upstream = shortened(entry.upstreamAuthor ?? '', 200);
  if (name === '' && upstream === '') return undefined;
  if (upstream === '' || upstream === name) return html`by ${name}`;
  return name === '' ? html`by ${upstream}` : html`by ${upstream}, packaged by ${name}`;
}

function newestOf({ entry, versions }: MarketApp): MarketVersion | undefined {
  return versions.find(({ packageId }) => packageId === entry.packageId) ?? versions[0];
}

function installBox(app: MarketApp): Html {
  const { entry } = app;
  const newest = newestOf(app);
  return html`<section class="install" aria-label="Install">
    <div class="needs-script">
      <a class="button primary big" href="#server-dialog" data-install="${entry.packageId}">Install</a>
      <p class="where" data-where>
        <span data-where-text>You choose your server first.</span>
        <button type="button" class="link" data-choose-server aria-haspopup="dialog">Change</button>
      </p>
    </div>
    ${newest !== undefined && html`<p class="download">${download(newest, html`Download the package`)}<span class="muted"> ${bytes(newest.bytes)}</span></p>`}
    <details>
      <summary>Installing by hand</summary>
      <p>Download the package. In Sandstorm open <b>Apps</b>, choose <b>Upload app…</b> and pick the file.</p>
      <p>
        If Sandstorm says it <q>can’t connect to blacklisted private network address</q>, its administrator
        has to take this network’s range out of the list at <b>Admin panel, Networking</b>.
      </p>
    </details>
  </section>`;
}

function download({ packageId, fileName }: MarketVersion, words: Html): Html {
  requirePackageId(packageId);
  return html`<a href="${ROOT}packages/${packageId}" download="${fileName.replace(/[/\\]/g, '-')}"
    >${words}</a
  >`;
}

function screenshots({ details }: MarketApp, name: string): Html | undefined {
  const shown = details.screenshots.flatMap(({ imageId, width, height }) => {
    const image = imageName(imageId);
    return image === undefined ? [] : [{ image, width: pixels(width), height: pixels(height) }];
  });
  if (shown.length === 0) return undefined;
  const pictures = shown.map(({ image, width, height }, at) => {
    const size = width !== undefined && height !== undefined && html` width="${width}" height="${height}"`;
    return html`<li>
      <a href="${ROOT}images/${image}"
        ><img
          src="${ROOT}images/${image}"
          alt="Screenshot ${at + 1} of ${name}"
          ${size}
          loading="lazy"
          decoding="async"
      /></a>
    </li> `;
  });
  return html`<section aria-labelledby="shots">
    <h2 id="shots" class="unseen">Screenshots</h2>
    <ul class="shots">
      ${pictures}
    </ul>
  </section>`;
}

function pixels(length: number): number | undefined {
  return Number.isInteger(length) && length > 0 && length <= 20_000 ? length : undefined;
}

function versionTable({ versions }: MarketApp): Html {
  const rows = versions.map(
    (version, at) =>
      html`<tr>
        <th scope="row">${version.version}${at === 0 && html` <span class="badge">newest</span>`}</th>
        <td class="number">${bytes(version.bytes)}</td>
        <td>${download(version, html`Download<span class="unseen"> ${version.version}</span>`)}</td>
        <td class="needs-script">
          <a href="#server-dialog" data-install="${version.packageId}"
            >Install<span class="unseen"> ${version.version}</span></a
          >
        </td>
      </tr> `,
  );
  return html`<section class="versions" aria-labelledby="versions">
    <h2 id="versions">Versions</h2>
    <table>
      <thead>
        <tr>
          <th scope="col">Version</th>
          <th scope="col" class="number">Size</th>
          <th scope="col"><span class="unseen">Download</span></th>
          <th scope="col" class="needs-script"><span class="unseen">Install</span></th>
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>
  </section>`;
}

function factsOf({ entry, details }: MarketApp, categories: readonly Category[]): Html {
  const day = dayOf(entry.createdAt);
  const titles = [...new Set(entry.categories.map(titleOf))];
  const its = categories.filter(({ title }) => titles.includes(title));
  const license = shortened(details.license ?? '', 100);
  return html`<aside class="facts" aria-label="Facts">
    <dl>
      ${fact('Version', html`${entry.version}`)}${fact('Updated', day !== undefined && html`<time datetime="${entry.createdAt}">${day}</time>`)}${fact(
        'Licence',
        license !== '' &&
          html`${license}${entry.isOpenSource && html`<br /><span class="muted">open source</span>`}`,
      )}${fact('Website', linkTo(entry.webLink))}${fact('Source code', linkTo(entry.codeLink))}${fact('Categories', its.length > 0 && html`${its.map(({ slug, title }, at) => html`${at > 0 && ', '}<a href="${ROOT}category/${slug}/index.html">${title}</a>`)}`)}${handlesOf(entry.author)}${fact('App id', html`<code>${entry.appId}</code>`)}${fact('Package id', html`<code>${entry.packageId}</code>`)}
    </dl>
  </aside>`;
}

function fact(name: string, value: Html | false | undefined): Html | undefined {
  return value === false || value === undefined
    ? undefined
    : html`<div>
        <dt>${name}</dt>
        <dd>${value}</dd>
      </div> `;
}

function linkTo(link: string | undefined): Html | undefined {
  const safe = safeLink(link);
  return safe === undefined
    ? undefined
    : html`<a href="${safe}" rel="noopener noreferrer">${shortened(nameOfLink(safe), 80)}</a>`;
}

/** Who the author is elsewhere: words, not links, as those places are not on this network. */
function handlesOf(author: MarketApp['entry']['author']): Html | undefined {
  const handles = [
    ['Keybase', author.keybaseUsername],
    ['GitHub', author.githubUsername],
    ['Twitter', author.twitterUsername],
    ['Hacker News', author.hackernewsUsername],
    ['Reddit', author.redditUsername],
  ].flatMap(([place, name]) =>
    name === undefined || name === '' ? [] : [`${place ?? ''}: ${shortened(name, 60)}`],
  );
  return fact(
    'Author elsewhere',
    handles.length > 0 && html`${handles.map((handle, at) => html`${at > 0 && html`<br />`}${handle}`)}`,
  );
}
