import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { beginRun } from '../../../src/journal/journal.js';
import { kitPlaces } from '../../../src/kit/places.js';
import { readReceipts } from '../../../src/kit/receipts.js';
import { pruneKits } from '../../../src/operations/kit/prune.js';
import { planUpdate } from '../../../src/update/plan.js';
import { kitBox, type KitBox } from '../../helpers/kits.js';
import { UPDATE_FACTS } from '../../helpers/update-facts.js';

const pruned = ({ host, root }: KitBox, keep: number, dryRun = false) =>
  pruneKits({ home: join(root, 'sandstorm'), keep, dryRun }, host);

describe('tidying kits that were taken in', () => {
  it('keeps the newest, and all receipts', async () => {
    const box = await kitBox();
    const { received } = kitPlaces(box.host);
    const oldest = await box.make('one');
    const kits = [oldest, await box.make('two'), await box.make('three')];
    for (const kit of kits) await box.receive(kit);
    // Left by a run that was cut off.
    await mkdir(join(received, 'f'.repeat(32)));
    await writeFile(join(received, 'f'.repeat(32), 'half'), 'x');

    const wanted = [kits[0]?.manifest.id, 'f'.repeat(32)];
    expect((await pruned(box, 2, true)).map(({ kit }) => kit)).toEqual(wanted);
    expect(await readdir(received)).toHaveLength(4);
    const removed = await pruned(box, 2);
    expect(removed.map(({ kit }) => kit)).toEqual(wanted);
    expect(removed[0]?.bytes).toBeGreaterThanOrEqual(8_000);
    expect((await readdir(received)).sort()).toEqual([kits[1]?.manifest.id, kits[2]?.manifest.id]);
    expect(await pruned(box, 2)).toEqual([]);

    expect(await readReceipts(box.host)).toHaveLength(3);
    await expect(box.receive(oldest)).rejects.toMatchObject({ code: 'E_KIT_OLDER' });
  });

  it.each(['install', 'update'] as const)('removes nothing while an %s is pending', async (operation) => {
    const box = await kitBox();
    for (const name of ['one', 'two']) await box.receive(await box.make(name));
    const home = join(box.root, 'sandstorm');
    await beginRun(operation, home, planUpdate({ ...UPDATE_FACTS, home }), box.host);
    await expect(pruned(box, 1)).rejects.toMatchObject({ code: 'E_PENDING' });
    expect(await readdir(kitPlaces(box.host).received)).toHaveLength(2);
  });
});
