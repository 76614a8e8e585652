import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { renderMarket } from '../../../../src/app-index/market/render.js';
import { appIdOf, hexOf, manyApps, marketApp, marketOf } from '../../../helpers/market-models.js';

const page = (files: ReadonlyMap<string, string | Uint8Array>, path: string): string => {
  const text = files.get(path);
  if (typeof text !== 'string') throw new Error(`no page ${path}`);
  return text;
};

describe('renderMarket', () => {
  it('writes pages for all apps, by date, by category and by app, and nothing into the index', () => {
    const files = renderMarket(
      marketOf(marketApp('Notes', { categories: ['Office'] }), marketApp('Chess', { categories: ['Games'] })),
    );
    expect([...files.keys()].sort()).toEqual(
      [
        `app/${appIdOf('Notes')}/index.html`,
        `app/${appIdOf('Chess')}/index.html`,
        'category/games/index.html',
        'category/office/index.html',
        'index.html',
        'market/icon.svg',
        'market/market.css',
        'market/market.js',
        'market/no-script.css',
        'newest/index.html',
      ].sort(),
    );
  });

  it.each(['market.css', 'market.js', 'no-script.css', 'icon.svg'])(
    'has %s as it lies in templates/',
    async (name) => {
      const whole = await readFile(new URL(`../../../../templates/market/${name}`, import.meta.url), 'utf8');
      expect(renderMarket(marketOf()).get(`market/${name}`)).toBe(whole);
    },
  );

  it('gives the same bytes for the same apps, in whatever order they were found', () => {
    const apps = manyApps(70);
    const sorted = (files: ReadonlyMap<string, unknown>): unknown[] =>
      [...files].sort(([a], [b]) => (a < b ? -1 : 1));
    expect(sorted(renderMarket(marketOf(...[...apps].reverse())))).toEqual(
      sorted(renderMarket(marketOf(...apps))),
    );
  });

  it('names every file of every page relatively, and leads to files that there are', () => {
    const files = renderMarket(marketOf(...manyApps(80)));
    for (const [path, text] of files) {
      if (!path.endsWith('.html')) continue;
      for (const [, address = ''] of String(text).matchAll(/(?:href|src)="([^"]*)"/g)) {
        if (/^(https:\/\/example\.com\/|#)/.test(address)) continue;
        const target = new URL(address, `https://site.test/sub/${path}`);
        expect(target.href, `${address} in ${path}`).toMatch(/^https:\/\/site\.test\/sub\//);
        const inSite = target.pathname.slice('/sub/'.length);
        if (!/^(images|packages)\//.test(inSite))
          expect(files.has(inSite), `${address} in ${path}`).toBe(true);
      }
    }
  });

  it('has neither inline script nor inline style, which its policy would not allow', () => {
    for (const [path, text] of renderMarket(marketOf(...manyApps(12)))) {
      if (!path.endsWith('.html')) continue;
      expect(text).toContain(
        'http-equiv="Content-Security-Policy" content="default-src &#39;none&#39;; script-src',
      );
      expect(text).not.toMatch(/<style|<script(?! src=")|\sstyle="|\son[a-z]+="|javascript:/i);
    }
  });

  it('offers each version under its proper name', () => {
    const name = 'Rig "Notes"/1.1.0.spk';
    const packageId = hexOf('p');
    const app = marketApp('Notes', {
      packageId,
      versions: [{ packageId, version: '1.1.0', versionNumber: 2, bytes: 85_000_000, fileName: name }],
    });
    const text = page(renderMarket(marketOf(app)), `app/${app.entry.appId}/index.html`).replace(/\s+/g, ' ');
    expect(text).toContain(`href="../../packages/${packageId}" download="Rig &quot;Notes&quot;-1.1.0.spk"`);
    expect(text).toContain('85 MB');
  });

  it('shows screenshots of the index only, and believes no size that is none', () => {
    const imageId = `${hexOf('shot')}.png`;
    const app = marketApp('Notes', {
      details: {
        screenshots: [
          { imageId, width: 1280, height: 800 },
          { imageId: `${hexOf('other')}.jpeg`, width: -1, height: NaN },
          { imageId: '../../evil.svg', width: 1, height: 1 },
          { imageId: 'https://evil.example/a.png', width: 1, height: 1 },
        ],
      },
    });
    const text = page(renderMarket(marketOf(app)), `app/${app.entry.appId}/index.html`);
    expect(text.match(/alt="Screenshot/g)).toHaveLength(2);
    expect(text.match(/width="1280"\s+height="800"/g)).toHaveLength(1);
    expect(text).not.toContain('evil');
  });

  it('takes only plain addresses as servers of the house', () => {
    const servers = ['http://sandstorm.corp.lan:6080', 'javascript:alert(1)', 'https://a b', 'ftp://x'];
    const text = page(renderMarket({ ...marketOf(), servers }), 'index.html');
    expect(text).toContain('data-servers="http://sandstorm.corp.lan:6080"');
    expect(text).toContain('There are no apps here yet.');
  });

  it.each([
    ['an app id that climbs', { appId: '../../packages/x' }],
    ['an app id with letters that ids do not have', { appId: 'o'.repeat(52) }],
    ['a package id with a query', { packageId: `${hexOf('a').slice(0, 30)}?x` }],
    ['a package id in capitals', { packageId: 'A'.repeat(32) }],
  ])('refuses %s', (_, fields) => {
    expect(() => renderMarket(marketOf(marketApp('Notes', fields)))).toThrow(
      expect.objectContaining({ code: 'E_INDEX_ID', exitCode: 5 }),
    );
  });

  it('refuses an older version with such an id', () => {
    const versions = [{ packageId: '../x', version: '1', versionNumber: 1, bytes: 1, fileName: 'x.spk' }];
    expect(() => renderMarket(marketOf(marketApp('Notes', { versions })))).toThrow(
      expect.objectContaining({ code: 'E_INDEX_ID' }),
    );
  });

  it('keeps the page of two thousand apps to what a browser takes at once', () => {
    const files = renderMarket(marketOf(...manyApps(2000)));
    expect(files.size).toBeGreaterThan(2000);
    expect(page(files, 'index.html').length).toBeLessThan(900_000);
  });
});
