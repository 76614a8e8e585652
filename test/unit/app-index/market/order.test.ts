import { describe, expect, it } from 'vitest';
import { categoriesOf } from '../../../../src/app-index/market/categories.js';
import { byDate, byName, sectionsOf } from '../../../../src/app-index/market/order.js';
import { manyApps, marketApp } from '../../../helpers/market-models.js';

const names = (apps: readonly { entry: { name: string } }[]): string[] => apps.map(({ entry }) => entry.name);

describe('the order of apps', () => {
  it('is that of names, without case and accents', () => {
    expect(
      names(byName([marketApp('zoo'), marketApp('Écrit'), marketApp('edit'), marketApp('Area')])),
    ).toEqual(['Area', 'Écrit', 'edit', 'zoo']);
  });

  it('does not hang on the order in which equal names were found', () => {
    const [one, other] = [
      marketApp('Same'),
      { ...marketApp('same'), entry: { ...marketApp('x').entry, name: 'Same' } },
    ];
    expect(byName([one, other])).toEqual(byName([other, one]));
  });

  it('is that of dates, the latest first', () => {
    const dated = ['2020-01-01T00:00:00Z', '2024-01-01T00:00:00Z', '2022-01-01T00:00:00Z'].map((createdAt) =>
      marketApp(createdAt.slice(0, 4), { createdAt }),
    );
    expect(names(byDate(dated))).toEqual(['2024', '2022', '2020']);
  });
});

describe('sectionsOf', () => {
  it('needs no letters for a few', () => {
    expect(sectionsOf(byName(manyApps(20))).map(({ letter }) => letter)).toEqual([undefined]);
    expect(sectionsOf([])).toEqual([]);
  });

  it('puts digits before the letters, and what has neither behind', () => {
    const apps = byName([...manyApps(60), marketApp('2048'), marketApp('漢字'), marketApp('')]);
    const letters = sectionsOf(apps).map(({ letter }) => letter);
    expect([letters[0], letters[1], letters.at(-1)]).toEqual(['0–9', 'A', '…']);
    expect(sectionsOf(apps).flatMap((section) => section.apps)).toHaveLength(63);
  });
});

describe('categoriesOf', () => {
  it('gives each title a folder of its own, whatever it is', () => {
    const titles = ['Web Publishing', 'web-publishing', '../../packages', '<b>', '漢字', '仮名', 'Other', ''];
    const found = categoriesOf([marketApp('A', { categories: titles })]);
    expect(found.map(({ slug }) => slug).sort()).toEqual(
      ['b', 'category', 'category-2', 'other', 'packages', 'web-publishing', 'web-publishing-2'].sort(),
    );
    expect(found.at(-1)?.title).toBe('Other');
  });

  it('counts an app once, however often it names a category', () => {
    expect(categoriesOf([marketApp('A', { categories: ['Games', 'Games'] })])[0]?.apps).toHaveLength(1);
  });
});
