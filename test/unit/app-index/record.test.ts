import { describe, expect, it } from 'vitest';
import { imageId } from '../../../src/app-index/image-id.js';
import { imageIdsOf, imagesOf, parseRecord, recordOf, recordText } from '../../../src/app-index/record.js';
import type { AppMetadata } from '../../../src/apps/app-package.js';
import { app, plainPackage, plainRecord, svg } from '../../helpers/plain-packages.js';

const png = (text: string): { format: 'png'; bytes: Uint8Array } => ({
  format: 'png',
  bytes: Buffer.from(text),
});
const icons = (said: AppMetadata['icons']): string | undefined =>
  plainRecord({ metadata: { icons: said } }).entry.imageId;

describe('the name of an image', () => {
  it('is 16 bytes of BLAKE2b and its format', () => {
    // From another implementation: python3 -c "hashlib.blake2b(b'<svg/>', digest_size=16)"
    expect(imageId({ format: 'svg', bytes: Buffer.from('<svg/>') })).toBe(
      '4d2b65e351321cce3465ec2b7883ced2.svg',
    );
  });
});

describe('what the index says of a package', () => {
  it('has every field in the form that Sandstorm reads', () => {
    const record = recordOf(
      plainPackage({
        versionNumber: 7,
        title: 'Notes',
        metadata: {
          icons: { market: { single: svg('market') } },
          website: 'https://example.org/',
          codeUrl: 'http://example.org/code',
          license: { kind: 'openSource', id: 'mit', title: 'MIT License' },
          categories: [{ id: 'developerTools', title: 'DevTools' }],
          author: { contactEmail: 'ann@example.org', upstreamAuthor: 'Bob', pgpName: 'Ann' },
          shortDescription: 'Notes',
          description: '# Notes',
          changeLog: '# 7',
          screenshots: [{ width: 640, height: 480, image: png('shot') }],
        },
      }),
      new Date('2014-08-21T09:19:29.999Z'),
    );
    expect(record.entry).toEqual({
      appId: app('a'),
      name: 'Notes',
      version: '7.0',
      packageId: expect.stringMatching(/^[0-9a-f]{32}$/) as string,
      imageId: imageId(svg('market')),
      webLink: 'https://example.org/',
      codeLink: 'http://example.org/code',
      isOpenSource: true,
      categories: ['DevTools'],
      author: { name: 'Ann' },
      upstreamAuthor: 'Bob',
      shortDescription: 'Notes',
      createdAt: '2014-08-21T09:19:29Z',
      versionNumber: 7,
    });
    expect(record.details).toEqual({
      description: '# Notes',
      screenshots: [{ imageId: imageId(png('shot')), width: 640, height: 480 }],
      license: 'MIT License',
    });
  });

  it('leaves out what the package does not say', () => {
    const { entry, details } = plainRecord();
    expect(Object.keys(entry)).toEqual([
      'appId', 'name', 'version', 'packageId', 'isOpenSource', 'categories', 'author', 'createdAt', 'versionNumber',
    ]); // prettier-ignore
    expect(details).toEqual({ screenshots: [] });
  });

  it.each([
    [{ kind: 'proprietary' } as const, 'Proprietary', false],
    [{ kind: 'publicDomain' } as const, 'Public Domain', false],
    [{ kind: 'none' } as const, undefined, false],
  ])('calls the licence %j by its title', (license, title, isOpenSource) => {
    const { entry, details } = plainRecord({ metadata: { license } });
    expect([details.license, entry.isOpenSource]).toEqual([title, isOpenSource]);
  });

  it.each(['javascript:alert(1)', 'data:text/html,x', 'file:///etc/passwd', 'nonsense', ''])(
    'makes no link of %j',
    (website) =>
      expect(plainRecord({ metadata: { website, codeUrl: website } }).entry).not.toHaveProperty('webLink'),
  );

  it('takes the market icon, else that of the app grid, and no other', () => {
    const [market, appGrid, grain] = ['m', 'a', 'g'].map((text) => ({ single: svg(text) }));
    if (!market || !appGrid || !grain) throw new Error('three icons');
    expect(icons({ market, appGrid, grain })).toBe(imageId(svg('m')));
    expect(icons({ appGrid, grain })).toBe(imageId(svg('a')));
    expect(icons({ grain })).toBeUndefined();
  });

  it('takes the icon for sharp screens where there is one', () => {
    expect(icons({ appGrid: { single: png('1x'), double: png('2x') } })).toBe(imageId(png('2x')));
  });

  it('names each image once, and has the bytes of each', () => {
    const shot = { width: 1, height: 1, image: svg('same') };
    const metadata = { icons: { market: { single: svg('same') } }, screenshots: [shot, shot] };
    const ids = imageIdsOf(plainRecord({ metadata }));
    expect(ids).toEqual([imageId(svg('same'))]);
    expect([...imagesOf(plainPackage({ metadata })).keys()]).toEqual(ids);
  });
});

describe('a record on the disk', () => {
  it('comes back as it was', () => {
    const record = plainRecord({ metadata: { icons: { market: { single: svg('x') } } } });
    expect(parseRecord(recordText(record))).toEqual(record);
  });

  const good = plainRecord({ metadata: { screenshots: [{ width: 1, height: 1, image: svg('x') }] } });
  const with_ = (change: object): string => JSON.stringify({ ...good, ...change });
  it.each([
    ['nothing', ''],
    ['null', 'null'],
    ['another version', with_({ version: 2 })],
    ['no details', with_({ details: undefined })],
    ['a path for an id', with_({ entry: { ...good.entry, packageId: '../../etc/passwd' } })],
    ['a path for an app', with_({ entry: { ...good.entry, appId: '../x' } })],
    ['a path for an image', with_({ entry: { ...good.entry, imageId: '../../x.svg' } })],
    [
      'a path for a screenshot',
      with_({ details: { screenshots: [{ imageId: '../x.svg', width: 1, height: 1 }] } }),
    ],
    ['no number', with_({ entry: { ...good.entry, versionNumber: '7' } })],
  ])('is none with %s', (_, text) => expect(parseRecord(text)).toBeUndefined());
});
