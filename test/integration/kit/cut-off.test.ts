import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { kitPlaces } from '../../../src/kit/places.js';
import { initIndex } from '../../../src/operations/app-index/init.js';
import { receiveKit } from '../../../src/operations/kit/receive.js';
import { storedIds } from '../../../src/app-index/store.js';
import type { Files, Host } from '../../../src/system/host.js';
import { kitBox } from '../../helpers/kits.js';
import { quietUi } from '../../helpers/mirroring.js';
import { packageIdFor, packageOf } from '../../helpers/public-hosts.js';
import { bytesOf } from '../../helpers/upstream-index.js';

const CHANGES = [
  'writeAtomic',
  'createExclusive',
  'makeDir',
  'rename',
  'remove',
  'openWrite',
  'copy',
  'plant',
  'reflink',
  'hardLink',
] as const satisfies readonly (keyof Files)[];

/** A machine that dies before its n-th change of the disk; nothing is tidied up after that. */
function dyingAt(n: number, host: Host): { host: Host; changes: () => number } {
  let changes = 0;
  const dying =
    (work: (...args: never[]) => unknown) =>
    (...args: never[]) => {
      changes += 1;
      if (changes >= n) return Promise.reject(new Error('killed'));
      return work(...args);
    };
  const files = Object.fromEntries(CHANGES.map((name) => [name, dying(host.files[name])]));
  return { host: { ...host, files: { ...host.files, ...files } }, changes: () => changes };
}

const APP = { name: 'Notes', version: 1 };

it('a kit that is taken in while the machine dies at any change is not half in, and comes in whole the next time', async () => {
  const contents = { 'one.bin': bytesOf('one', 5_000), [`${packageIdFor(APP)}.spk`]: packageOf(APP) };
  let deaths = 0;
  for (let n = 1; ; n += 1) {
    const box = await kitBox();
    const index = join(box.root, 'apps');
    await initIndex({ dir: index, title: 'House', servers: undefined, dryRun: false }, box.host);
    const kit = await box.make('kit', { contents });
    const { host, changes } = dyingAt(n, box.host);
    const wish = { path: kit.path, index, allowOlder: false, dryRun: false };
    const died = await receiveKit(wish, host, quietUi).then(
      () => false,
      () => true,
    );
    const { receipts } = kitPlaces(box.host);
    if (changes() < n) {
      expect(died).toBe(false);
      break;
    }
    deaths += 1;
    // Only the receipt says that it is in; the last change of all tidies the lock away.
    const isIn = (await box.host.files.list(receipts)).includes(`${kit.manifest.id}.json`);
    // A dead process holds no lock, and ours lives on.
    for (const locks of [kitPlaces(box.host).locks, join(index, 'locks')])
      await rm(locks, { recursive: true, force: true });
    const after = await receiveKit(wish, box.host, quietUi);
    expect(after.changed, `after death ${String(n)}`).toBe(!isIn);
    expect(await readFile(join(after.folder, 'one.bin'))).toEqual(contents['one.bin']);
    expect(await storedIds(index, box.host)).toEqual([packageIdFor(APP)]);
    expect(await readdir(kitPlaces(box.host).incoming)).toEqual([]);
    expect((await receiveKit(wish, box.host, quietUi)).changed).toBe(false);
  }
  expect(deaths).toBeGreaterThan(15);
});
