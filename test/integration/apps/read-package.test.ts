import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { AppPackage } from '../../../src/apps/app-package.js';
import { readPackage, verifyPackage } from '../../../src/apps/read-package.js';
import { quietHost } from '../../helpers/archives.js';
import { tempDir } from '../../helpers/fake-host.js';
import { requireReal } from '../../helpers/real-parts.js';
import { makeSpk, spkKey, type SpkDescription } from '../../stand-ins/spk.js';

const FIXTURES = fileURLToPath(new URL('../../fixtures/spk/', import.meta.url));
const host = quietHost();
const WAYS = [
  ['readPackage', readPackage],
  ['verifyPackage', verifyPackage],
] as const;

/** What `spk verify` prints of it. */
function asUpstream({
  appId,
  packageId,
  title,
  versionNumber,
  marketingVersion,
  metadata,
}: AppPackage): unknown {
  const { license, shortDescription, ...rest } = metadata;
  return {
    appId,
    packageId,
    title: { defaultText: title },
    version: versionNumber,
    marketingVersion: { defaultText: marketingVersion },
    metadata: {
      ...rest,
      license: license.kind === 'none' ? { none: null } : license,
      shortDescription: { defaultText: shortDescription },
    },
  };
}

describe.skipIf(!requireReal('reading app packages', ['xz'])).each(WAYS)('%s', (_, read) => {
  it.each(['notes-v1', 'notes-v2'])('says of the genuine %s what spk verify says', async (name) => {
    const seen = await read(join(FIXTURES, `${name}.spk`), host);
    const expected: unknown = JSON.parse(await readFile(join(FIXTURES, `${name}.expected.json`), 'utf8'));
    expect(asUpstream(seen)).toEqual(expected);
    expect(seen).toMatchObject({ signedBy: seen.appId, unpackedBytes: 763_592 });
  });

  it('reads everything that a package can say', async () => {
    const png = Buffer.from('a png');
    const description: SpkDescription = {
      key: spkKey('everything'),
      title: 'Überall — 日本',
      marketingVersion: '2.0-β',
      version: 4_294_967_295,
      fillerBytes: 300_000,
      website: 'https://example.com',
      codeUrl: 'http://code.example.com',
      license: 'apache2',
      categories: ['developerTools', 'webPublishing', 'developerTools'],
      contactEmail: 'me@example.com',
      upstreamAuthor: 'Somebody Else',
      shortDescription: 'All of it',
      description: '# All\n\nof it',
      changeLog: '# 2.0',
      icons: { appGrid: { svg: '<svg/>' }, grain: { png }, market: { png2x: png } },
      screenshots: [{ width: 1024, height: 600, format: 'jpeg', bytes: Buffer.from('a jpeg') }],
    };
    const path = join(await tempDir(), 'one');
    const file = makeSpk(description);
    await writeFile(path, file);
    expect(await read(path, host)).toEqual({
      packageId: expect.stringMatching(/^[0-9a-f]{32}$/) as string,
      appId: description.key?.appId,
      signedBy: description.key?.appId,
      title: 'Überall — 日本',
      marketingVersion: '2.0-β',
      versionNumber: 4_294_967_295,
      packedBytes: file.length,
      unpackedBytes: expect.any(Number) as number,
      metadata: {
        website: 'https://example.com',
        codeUrl: 'http://code.example.com',
        license: { kind: 'openSource', id: 'apache2', title: 'Apache License v2' },
        categories: [
          { id: 'developerTools', title: 'DevTools' },
          { id: 'webPublishing', title: 'Web Publishing' },
        ],
        author: { contactEmail: 'me@example.com', upstreamAuthor: 'Somebody Else' },
        shortDescription: 'All of it',
        description: '# All\n\nof it',
        changeLog: '# 2.0',
        icons: {
          appGrid: { single: { format: 'svg', bytes: Buffer.from('<svg/>') } },
          grain: { single: { format: 'png', bytes: png } },
          market: { single: { format: 'png', bytes: png }, double: { format: 'png', bytes: png } },
        },
        screenshots: [{ width: 1024, height: 600, image: { format: 'jpeg', bytes: Buffer.from('a jpeg') } }],
      },
    });
  });
});
