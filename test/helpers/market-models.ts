import { createHash } from 'node:crypto';
import type { MarketApp, MarketModel } from '../../src/app-index/market/model.js';

const ALPHABET = '0123456789acdefghjkmnpqrstuvwxyz';

/** An app id as the key of that name would have. */
export function appIdOf(name: string): string {
  const bytes = createHash('sha512').update(name).digest();
  return Array.from({ length: 52 }, (_, at) => ALPHABET[(bytes[at] ?? 0) % 32]).join('');
}

export function hexOf(name: string): string {
  return createHash('sha256').update(name).digest('hex').slice(0, 32);
}

type Fields = Partial<MarketApp['entry']> & { details?: Partial<MarketApp['details']> } & Partial<
    Pick<MarketApp, 'versions'>
  >;

/** An app of that name with what is given; the rest is plain. */
export function marketApp(name: string, { details, versions, ...entry }: Fields = {}): MarketApp {
  const version = entry.version ?? '1.0.0';
  const packageId = entry.packageId ?? hexOf(`${name} ${version}`);
  const fileName = `${name.replace(/[^A-Za-z0-9]+/g, '-')}-${version}-${packageId.slice(0, 8)}.spk`;
  return {
    entry: {
      appId: appIdOf(name),
      name,
      version,
      packageId,
      isOpenSource: true,
      categories: ['Productivity'],
      author: { name: 'Ada Example' },
      shortDescription: `Does what ${name} does`,
      createdAt: '2024-03-05T09:19:29Z',
      versionNumber: 1,
      ...entry,
    },
    details: { screenshots: [], license: 'MIT License', ...details },
    versions: versions ?? [{ packageId, version, versionNumber: 1, bytes: 12_300_000, fileName }],
  };
}

export function marketOf(...apps: readonly MarketApp[]): MarketModel {
  return { title: 'Apps of the house', apps };
}

const FIRST =
  'Amber Brisk Calm Deft Even Fair Glad Hale Idle Just Keen Lucid Mild Neat Open Plain Quiet Rapid Sunny Tidy'.split(
    ' ',
  );
const SECOND =
  'Notes Boards Sheets Mail Wiki Forms Chat Files Photos Polls Books Maps Music Sketch Tasks Clock'.split(
    ' ',
  );
const CATEGORIES = [
  'Productivity',
  'Communications',
  'Social',
  'Web Publishing',
  'Office',
  'DevTools',
  'Science',
  'Media',
  'Games',
  'Other',
];

/** As many apps as wanted, each another; the same each time. */
export function manyApps(count: number): MarketApp[] {
  return Array.from({ length: count }, (_, at) => {
    const round = Math.floor(at / (FIRST.length * SECOND.length));
    const name = `${FIRST[at % FIRST.length] ?? ''} ${SECOND[Math.floor(at / FIRST.length) % SECOND.length] ?? ''}${round > 0 ? ` ${round + 1}` : ''}`;
    const categories = [at % 10, (at * 7 + 3) % 10].map((place) => CATEGORIES[place] ?? 'Other');
    return marketApp(name, {
      imageId: `${hexOf(`icon ${name}`)}.svg`,
      categories: [...new Set(categories)],
      createdAt: `20${String(14 + (at % 10))}-0${(at % 9) + 1}-1${at % 10}T10:00:00Z`,
      shortDescription: `A small app for the work of the day, number ${at + 1}`,
      details: {
        description: `# ${name}\n\nIt keeps *everything* in one place.\n\n- one\n- two\n\n[More](https://example.com/${at})\n`,
      },
    });
  });
}
