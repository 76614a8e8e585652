import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import axe from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { renderMarket } from '../../../src/app-index/market/render.js';
import { browserThere, startBrowser, visitor, type Visit } from '../../helpers/browser.js';
import { appIdOf, hexOf, manyApps, marketApp, marketOf } from '../../helpers/market-models.js';
import { serveSandstorm, serveSite, type Site } from '../../helpers/market-site.js';

const ICON =
  '<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"><rect width="8" height="8" fill="teal"/></svg>';
const WEKAN = marketApp('Wekan', {
  imageId: `${hexOf('icon')}.svg`,
  categories: ['Office'],
  shortDescription: 'A kanban board',
  author: { name: 'Zoë Ünal' },
  createdAt: '2026-01-02T00:00:00Z',
  webLink: 'https://example.com/',
  details: {
    description: '## Boards\n\nLists and *cards*. [More](https://example.com/)\n\n|a|b|\n|-|-|\n|1|2|',
    screenshots: [{ imageId: `${hexOf('icon')}.svg`, width: 640, height: 400 }],
  },
});
const PACKAGE = WEKAN.entry.packageId;
const FILES = new Map([
  ...renderMarket(marketOf(...manyApps(70), WEKAN)),
  [`packages/${PACKAGE}`, 'the package'],
  ...[...manyApps(70), WEKAN].map(({ entry }): [string, string] => [`images/${entry.imageId ?? ''}`, ICON]),
]);
const WEKAN_PAGE = `app/${appIdOf('Wekan')}/index.html`;

describe.skipIf(!browserThere('the market in a browser'))(
  'the market in a browser',
  { timeout: 60_000 },
  () => {
    let browser: Browser;
    let site: Site;
    let sandstorm: Awaited<ReturnType<typeof serveSandstorm>>;

    beforeAll(async () => {
      [browser, site, sandstorm] = await Promise.all([
        startBrowser(),
        serveSite(FILES, { headers: true }),
        serveSandstorm(),
      ]);
    });
    afterAll(async () => {
      await browser.close();
      await Promise.all([site.close(), sandstorm.close()]);
    });

    const visit = async (path: string, options: Parameters<typeof visitor>[1] = {}): Promise<Visit> => {
      const there = await visitor(browser, options);
      await there.page.goto(site.address + path);
      return there;
    };
    const names = (page: Page, list = '[data-results]'): Promise<string[]> =>
      page.locator(`${list} li b`).allTextContents();

    it('finds apps by name, words, author and category, without case and accents', async () => {
      const { page, context, troubles } = await visit('');
      const search = page.getByRole('searchbox');
      for (const query of ['wek', 'KANBAN board', 'zoe unal', 'Office wekan']) {
        await search.fill(query);
        expect(await names(page), query).toEqual(['Wekan']);
      }
      expect(await page.getByRole('status').textContent()).toBe('1 app for “Office wekan”');
      await search.fill('notes');
      // Names that have the word come first; it is nowhere else here.
      expect((await names(page)).every((name) => name.includes('Notes'))).toBe(true);

      // The way back leads to what was found.
      await search.fill('wek');
      await page.locator('[data-results] a').click();
      await page.waitForURL(/\/app\//);
      await page.goBack();
      expect(await names(page)).toEqual(['Wekan']);
      expect(troubles).toEqual([]);
      await context.close();
    });

    it('shows the first of many that were found, and all when asked', async () => {
      const { page, context } = await visit('?q=a');
      expect(await names(page)).toHaveLength(60);
      await page.getByRole('button', { name: /^Show all/ }).click();
      expect((await names(page)).length).toBeGreaterThan(60);
      // Who uses the keyboard goes on where the list went on.
      expect(
        await page.evaluate(
          '[...document.querySelectorAll("[data-results] a")].indexOf(document.activeElement)',
        ),
      ).toBe(60);
      await context.close();
    });

    it('says when nothing was found, and leads on', async () => {
      const { page, context } = await visit('category/games/index.html');
      await page.getByRole('searchbox').fill('wekan');
      await page.getByText('Nothing here by that name.').waitFor();
      await page.getByRole('link', { name: 'Look among all apps' }).click();
      await page.waitForURL(/\/some\/where\/index\.html\?q=wekan$/);
      expect(await names(page)).toEqual(['Wekan']);
      await context.close();
    });

    it('shows a category, and the latest', async () => {
      const { page, context } = await visit('');
      await page
        .getByRole('navigation', { name: 'Categories' })
        .getByRole('link', { name: /^Office/ })
        .click();
      await page.getByRole('heading', { level: 1, name: 'Office' }).waitFor();
      expect(await names(page, '[data-all]')).toContain('Wekan');
      expect((await names(page, '[data-all]')).length).toBeLessThan(40);
      await page.getByRole('link', { name: 'Newest' }).click();
      await page.getByRole('heading', { level: 1, name: 'Newest' }).waitFor();
      expect((await names(page, '[data-all]'))[0]).toBe('Wekan');
      await context.close();
    });

    const installed = (address = site.address): string =>
      `/install/${PACKAGE}?url=${address}packages/${PACKAGE}`;

    it('goes from the list to the installation by keyboard alone, and remembers the server', async () => {
      const { page, context, requests, troubles } = await visit('');
      const { keyboard } = page;
      await keyboard.press('/');
      await keyboard.type('wekan');
      await keyboard.press('Enter');
      await keyboard.press('Enter');
      await page.waitForURL(/\/app\//);
      await tabTo(page, 'Install');
      await keyboard.press('Enter');
      const field = page.getByRole('textbox');
      for (const wrong of [
        '',
        'javascript:alert(1)',
        'ftp://x',
        'http://',
        'http://sandstorm.corp@evil.example',
        'a b',
      ]) {
        await field.fill(wrong);
        await keyboard.press('Enter');
        expect(await page.getByRole('alert').textContent(), wrong).toMatch(/address/);
      }
      await field.fill(`${sandstorm.address}/grain/abc?x#y`);
      await keyboard.press('Enter');
      await page.waitForURL((url) => url.href.startsWith(sandstorm.address));
      expect(sandstorm.asked.at(-1)).toBe(installed());

      await page.goto(site.address + WEKAN_PAGE);
      const install = page.getByRole('link', { name: 'Install', exact: true });
      expect(await install.getAttribute('href')).toBe(sandstorm.address + installed());
      const elsewhere = requests.filter((url) => !url.startsWith(site.address));
      expect(
        elsewhere.filter(
          (url) => !url.startsWith(`${sandstorm.address}/install/`) && !url.startsWith('data:'),
        ),
      ).toEqual([]);
      expect(troubles).toEqual([]);
      await context.close();
    });

    it('knows several servers, changes between them and forgets them', async () => {
      const { page, context } = await visit(WEKAN_PAGE);
      const use = async (address: string): Promise<void> => {
        await page.locator('.server-button').click();
        await page.getByRole('textbox').fill(address);
        await page.getByRole('button', { name: 'Use this server' }).click();
      };
      const target = (): Promise<string | null> =>
        page.locator('[data-install]').first().getAttribute('href');
      await use('one.corp.lan:6080');
      expect(await target()).toBe(`http://one.corp.lan:6080${installed()}`);
      await use('https://two.corp.lan');
      expect(await target()).toBe(`https://two.corp.lan${installed()}`);

      await page.locator('.server-button').click();
      expect(await page.locator('.servers label').allTextContents()).toEqual([
        'http://one.corp.lan:6080',
        'https://two.corp.lan',
      ]);
      await page.keyboard.press('ArrowUp');
      await page.keyboard.press('Enter');
      await page.reload();
      expect(await target()).toBe(`http://one.corp.lan:6080${installed()}`);

      await page.locator('.server-button').click();
      await page.getByRole('button', { name: 'Forget one.corp.lan:6080' }).click();
      await page.keyboard.press('Escape');
      expect(await page.locator('.server-name').textContent()).toBe('choose yours');
      await context.close();
    });

    it.each(['?host=', '#host='])('asks before it takes the server of a link (%s)', async (how) => {
      const proposed = 'http://sandstorm.corp.lan:6080';
      const { page, context } = await visit(how + proposed);
      expect(await page.getByRole('region', { name: 'Proposed Sandstorm server' }).textContent()).toContain(
        proposed,
      );
      expect(page.url()).toBe(site.address);
      expect(await page.evaluate('localStorage.length')).toBe(0);
      // It is still asked on the page of an app.
      await page.goto(site.address + WEKAN_PAGE);
      await page.getByRole('button', { name: 'Yes, that is mine' }).click();
      expect(await page.locator('[data-install]').first().getAttribute('href')).toBe(proposed + installed());
      await page.reload();
      expect(await page.getByRole('region', { name: 'Proposed Sandstorm server' }).count()).toBe(0);
      await context.close();
    });

    it('does not even ask about what is no server', async () => {
      const { page, context, troubles } = await visit('');
      for (const host of [
        'javascript:alert(1)',
        'data:text/html,x',
        'http://sandstorm@evil.example',
        '"><img src=x onerror=alert(1)>',
      ]) {
        await page.goto(`${site.address}?host=${encodeURIComponent(host)}`);
        expect(await page.getByRole('region', { name: 'Proposed Sandstorm server' }).count(), host).toBe(0);
      }
      expect(troubles).toEqual([]);
      await context.close();
    });

    it('is not led astray by what it finds in the memory of the browser', async () => {
      const { page, context, troubles } = await visit('');
      for (const stored of [
        '{',
        '[]',
        '{"known":[1,"javascript:alert(1)",null],"chosen":"javascript:alert(1)"}',
      ]) {
        await page.evaluate(`localStorage.setItem('sandstorm-market', ${JSON.stringify(stored)})`);
        await page.goto(site.address + WEKAN_PAGE);
        expect(await page.locator('[data-install]').first().getAttribute('href')).toBe('#server-dialog');
      }
      expect(troubles).toEqual([]);
      await context.close();
    });

    it('downloads a package under its proper name', async () => {
      const { page, context } = await visit(WEKAN_PAGE);
      const download = page.waitForEvent('download');
      await page.getByRole('link', { name: 'Download the package' }).click();
      expect((await download).suggestedFilename()).toBe(WEKAN.versions[0]?.fileName);
      await context.close();
    });

    it('shows everything but search and installation without JavaScript', async () => {
      const { page, context, requests } = await visit('', { javaScriptEnabled: false });
      expect(await names(page, '[data-cards]')).toHaveLength(71);
      expect(await page.getByRole('searchbox').isVisible()).toBe(false);
      expect(await page.getByRole('link', { name: 'Wekan' }).first().isVisible()).toBe(true);
      await page
        .getByRole('navigation', { name: 'Categories' })
        .getByRole('link', { name: /^Office/ })
        .click();
      await page.locator('[data-cards] a', { hasText: 'Wekan' }).click();
      expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('Wekan');
      expect(await page.getByRole('link', { name: 'Install', exact: true }).isVisible()).toBe(false);
      expect(await page.getByRole('link', { name: 'Download the package' }).isVisible()).toBe(true);
      expect(requests.filter((url) => !url.startsWith(site.address))).toEqual([]);
      await context.close();
    });

    it('works from a folder, and says why it cannot install from there', async () => {
      const dir = await mkdtemp(join(tmpdir(), 'sandstorm-airgap-market-'));
      for (const [path, content] of FILES) {
        await mkdir(dirname(join(dir, path)), { recursive: true });
        await writeFile(join(dir, path), content);
      }
      const { page, context, troubles } = await visitor(browser);
      await page.goto(pathToFileURL(join(dir, 'index.html')).href);
      await page.getByRole('searchbox').fill('wekan');
      await page.locator('[data-results] a').click();
      await page.getByText('This page was opened from a file.').waitFor();
      expect(troubles).toEqual([]);
      await context.close();
      await rm(dir, { recursive: true });
    });

    it.each([
      ['light', 'the list', ''],
      ['dark', 'the list', ''],
      ['light', 'an app', WEKAN_PAGE],
      ['dark', 'an app', WEKAN_PAGE],
    ] as const)('has nothing in the way of anybody, in %s: %s', async (colorScheme, _, path) => {
      const { page, context } = await visit(`${path}?host=http://sandstorm.corp.lan`, { colorScheme });
      expect(await axeFinds(page)).toEqual([]);
      await context.close();
    });

    it('has nothing in the way on a telephone, with the dialog open, and is no wider than it', async () => {
      const { page, context } = await visit(WEKAN_PAGE, {
        viewport: { width: 390, height: 800 },
        hasTouch: true,
      });
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390);
      await page.getByRole('link', { name: 'Install', exact: true }).click();
      await page.getByRole('dialog').waitFor();
      expect(await axeFinds(page)).toEqual([]);
      await page.goto(site.address);
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390);
      await context.close();
    });
  },
);

async function tabTo(page: Page, name: string): Promise<void> {
  for (let presses = 0; presses < 30; presses += 1) {
    await page.keyboard.press('Tab');
    if ((await page.evaluate('document.activeElement.textContent')) === name) return;
  }
  throw new Error(`no ${name} within 30 steps`);
}

async function axeFinds(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  return page.evaluate<string[]>(
    'axe.run().then(({ violations }) => violations.map(({ id, nodes }) => `${id}: ${nodes.map((n) => n.html)}`))',
  );
}
