import { assetAddress } from './assets.js';
import { META_POLICY } from './headers.js';
import { html, type Html } from './html.js';

export interface Page {
  /** The way from the page to the site root: "", "../../". */
  readonly root: string;
  readonly heading: string;
  readonly market: { readonly title: string; readonly servers: readonly string[] };
  readonly description?: string | undefined;
  readonly main: Html;
}

/** What all pages share. Every address is relative, so the site may lie anywhere, on a USB stick too. */
export function wholePage({ root, heading, market, description, main }: Page): string {
  const title = heading === market.title ? heading : `${heading} · ${market.title}`;
  const page = html`<!doctype html>
    <html lang="en" data-root="${root}" data-servers="${market.servers.join(' ')}">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${META_POLICY}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="referrer" content="no-referrer" />
        <title>${title}</title>
        ${description !== undefined && html`<meta name="description" content="${description}" /> `}
        <link rel="icon" href="${root}${assetAddress('market/icon.svg')}" type="image/svg+xml" />
        <link rel="stylesheet" href="${root}${assetAddress('market/market.css')}" />
        <noscript><link rel="stylesheet" href="${root}${assetAddress('market/no-script.css')}" /></noscript>
        <script src="${root}${assetAddress('market/market.js')}" defer></script>
      </head>
      <body>
        <a class="skip" href="#main">Skip to the content</a>
        <header class="top">
          <a class="brand" href="${root}index.html"
            ><img src="${root}${assetAddress('market/icon.svg')}" alt="" width="28" height="28" /><span
              class="${heading === market.title && 'unseen'}"
              >${market.title}</span
            ></a
          >
          <button class="server-button needs-script" type="button" data-choose-server aria-haspopup="dialog">
            <span class="server-label">Sandstorm server</span
            ><span class="server-name" data-server-name>choose yours</span>
          </button>
        </header>
        <div
          class="proposal needs-script"
          data-proposal
          role="region"
          aria-label="Proposed Sandstorm server"
          hidden
        >
          <p>
            Install apps on <strong data-proposed></strong>? The link that brought you here names it as your
            Sandstorm server.
          </p>
          <p class="actions">
            <button type="button" class="primary" data-accept>Yes, that is mine</button
            ><button type="button" data-decline>No</button>
          </p>
        </div>
        <main id="main" tabindex="-1">${main}</main>
        <footer class="foot"><p>Apps for Sandstorm, kept on this network.</p></footer>
        ${SERVER_DIALOG}
      </body>
    </html> `;
  return page.text;
}

const SERVER_DIALOG = html`<dialog id="server-dialog" aria-labelledby="server-title">
  <form method="dialog" novalidate>
    <h2 id="server-title">Your Sandstorm server</h2>
    <p>Apps are installed on the server you choose here. This browser remembers it; nobody else is told.</p>
    <fieldset data-servers-known hidden>
      <legend>Servers you know</legend>
      <ul class="servers"></ul>
    </fieldset>
    <label for="server-new" data-new-label>Its address</label>
    <input
      id="server-new"
      name="server"
      type="text"
      inputmode="url"
      autocomplete="url"
      autocapitalize="none"
      spellcheck="false"
      placeholder="https://sandstorm.example.com"
      aria-describedby="server-help server-error"
    />
    <p id="server-help" class="help">As in the browser’s address bar when you use Sandstorm.</p>
    <p id="server-error" class="error" role="alert"></p>
    <p class="actions">
      <button type="submit" class="primary" value="use">Use this server</button
      ><button type="button" data-cancel>Cancel</button>
    </p>
  </form>
</dialog>`;
