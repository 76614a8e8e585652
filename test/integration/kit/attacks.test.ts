import {
  appendFile,
  copyFile,
  cp,
  readdir,
  readFile,
  rename,
  rm,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeHouseKey } from '../../../src/kit/house-key.js';
import { revokeKey, trustKey } from '../../../src/kit/key-store.js';
import { kitPlaces } from '../../../src/kit/places.js';
import { tarEnd, tarHeader, tarPadding } from '../../../src/kit/tar-writer.js';
import { verifyKit } from '../../../src/operations/kit/verify.js';
import type { Files } from '../../../src/system/host.js';
import { kitBox, type KitBox, type MadeKit } from '../../helpers/kits.js';
import { quietUi } from '../../helpers/mirroring.js';
import { bytesOf } from '../../helpers/upstream-index.js';

/* What somebody on the way, or a bad stick, may do to a kit. Each must be seen, and nothing of it be taken in. */

const refused = async (box: KitBox, kit: MadeKit): Promise<string> => {
  const code = await box.receive(kit).then(
    () => 'taken in',
    (error: unknown) => (error as { code?: string }).code ?? String(error),
  );
  const { received, receipts, incoming } = kitPlaces(box.host);
  const left = await Promise.all([received, receipts, incoming].map((dir) => readdir(dir).catch(() => [])));
  expect(left.flat().filter((name) => name.startsWith(kit.manifest.id))).toEqual([]);
  return code;
};

const file = ({ path }: MadeKit, name: string): string => join(path, 'files', name);

async function flip(path: string, at: number): Promise<void> {
  const bytes = await readFile(path);
  bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
  await writeFile(path, bytes);
}

describe.each(['folder', 'tar'] as const)('in a %s', (form) => {
  it('an untouched kit is taken in, once', async () => {
    const box = await kitBox();
    const kit = await box.make('kit', { form });
    expect(await box.faults(kit)).toEqual([]);
    const { folder, changed } = await box.receive(kit);
    expect(changed).toBe(true);
    expect(await readFile(join(folder, 'one.bin'))).toEqual(bytesOf('one', 5_000));
    expect((await box.receive(kit)).changed).toBe(false);
  });

  it('altered file', async () => {
    const box = await kitBox();
    const kit = await box.make('kit', { form });
    if (form === 'folder') await flip(file(kit, 'two.bin'), 17);
    else await flip(kit.path, (await readFile(kit.path)).indexOf(bytesOf('two', 40)) + 17);
    expect(await box.faults(kit)).toEqual(['two.bin damaged']);
    expect(await refused(box, kit)).toBe('E_KIT_DAMAGED');
  });

  it('altered manifest', async () => {
    const box = await kitBox();
    const kit = await box.make('kit', { form });
    const path = form === 'folder' ? join(kit.path, 'kit.json') : kit.path;
    await flip(path, (await readFile(path)).indexOf('a test'));
    expect(await refused(box, kit)).toBe('E_KIT_SIGNATURE');
  });

  it('part missing', async () => {
    const box = await kitBox();
    const kit = await box.make('kit', { form });
    if (form === 'folder') await rm(file(kit, 'one.bin'));
    else {
      const bytes = await readFile(kit.path);
      const from = bytes.indexOf('files/one.bin');
      await writeFile(
        kit.path,
        Buffer.concat([bytes.subarray(0, from), bytes.subarray(bytes.indexOf('files/two.bin'))]),
      );
    }
    expect(await box.faults(kit)).toEqual(['one.bin missing']);
    expect(await refused(box, kit)).toBe('E_KIT_DAMAGED');
  });

  it('cut short', async () => {
    const box = await kitBox();
    const kit = await box.make('kit', { form });
    if (form === 'folder') await truncate(file(kit, 'two.bin'), 100);
    else await truncate(kit.path, (await readFile(kit.path)).length - 3_000);
    expect(await box.faults(kit)).toContain('two.bin damaged');
    expect(await refused(box, kit)).toBe('E_KIT_DAMAGED');
  });

  it('extra files', async () => {
    const box = await kitBox();
    const kit = await box.make('kit', { form });
    if (form === 'folder') {
      await writeFile(file(kit, 'three.bin'), 'x');
      await writeFile(join(kit.path, 'autorun.inf'), 'x');
      expect(await box.faults(kit)).toEqual(['three.bin extra', 'autorun.inf extra']);
    } else {
      await appendEntry(kit.path, 'files/three.bin', 'x');
      expect(await box.faults(kit)).toEqual(['three.bin extra']);
    }
    expect(await refused(box, kit)).toBe('E_KIT_DAMAGED');
  });
});

/** Puts one more entry before the end of a tar. */
async function appendEntry(path: string, name: string, text: string): Promise<void> {
  const bytes = await readFile(path);
  const entry = [tarHeader(name, text.length), Buffer.from(text), tarPadding(text.length)];
  await writeFile(path, Buffer.concat([bytes.subarray(0, -tarEnd().length), ...entry, tarEnd()]));
}

describe('attacks', () => {
  it('swapped signature', async () => {
    const box = await kitBox();
    const [kit, other] = [await box.make('kit'), await box.make('other')];
    await copyFile(join(other.path, 'kit.json.sig'), join(kit.path, 'kit.json.sig'));
    expect(await refused(box, kit)).toBe('E_KIT_SIGNATURE');
  });

  it("signature of a stranger, over a manifest that names the house's key", async () => {
    const box = await kitBox();
    const stranger = makeHouseKey('stranger', new Date());
    const kit = await box.make('kit', { signer: stranger, key: box.key.key });
    expect(await refused(box, kit)).toBe('E_KIT_SIGNATURE');
  });

  it('kit of a stranger', async () => {
    const box = await kitBox();
    const kit = await box.make('kit', { signer: makeHouseKey('stranger', new Date()) });
    expect(await refused(box, kit)).toBe('E_KIT_UNTRUSTED');
  });

  it('older kit replayed', async () => {
    const box = await kitBox();
    const [older, newer] = [await box.make('older'), await box.make('newer')];
    await box.receive(newer);
    expect(await refused(box, older)).toBe('E_KIT_OLDER');
    expect((await box.receive(older, { allowOlder: true })).changed).toBe(true);
    // That it was let in once is no leave for the next time.
    await expect(box.receive(older)).rejects.toMatchObject({ code: 'E_KIT_OLDER' });
  });

  it("older kit of one key beside newer ones of another house's", async () => {
    const box = await kitBox();
    const second = makeHouseKey('second', new Date());
    await trustKey(second, 'a test', box.host);
    const kit = await box.make('kit');
    await box.receive(await box.make('newer', { signer: second, serial: 9_999_999 }));
    expect((await box.receive(kit)).changed).toBe(true);
  });

  it('kits mixed', async () => {
    const box = await kitBox();
    const kit = await box.make('kit');
    const other = await box.make('other', {
      contents: { 'one.bin': bytesOf('evil', 5_000), 'two.bin': bytesOf('two', 3_000) },
    });
    await copyFile(file(other, 'one.bin'), file(kit, 'one.bin'));
    expect(await box.faults(kit)).toEqual(['one.bin damaged']);
    expect(await refused(box, kit)).toBe('E_KIT_DAMAGED');
    // And the other way: the manifest with its signature.
    await cp(join(other.path, 'kit.json'), join(kit.path, 'kit.json'));
    await cp(join(other.path, 'kit.json.sig'), join(kit.path, 'kit.json.sig'));
    await copyFile(file(other, 'one.bin'), file(kit, 'two.bin'));
    expect(await box.faults(kit)).toEqual(['two.bin damaged']);
  });

  it('part doubled', async () => {
    const box = await kitBox();
    const kit = await box.make('kit.tar', { form: 'tar' });
    await appendEntry(kit.path, 'files/one.bin', 'x'.repeat(5_000));
    expect(await box.faults(kit)).toEqual(['one.bin doubled']);
    expect(await refused(box, kit)).toBe('E_KIT_DAMAGED');
  });

  it('part doubled in a split kit, swapped, or missing', async () => {
    const box = await kitBox();
    const kit = await box.make('kit', { partSize: 2_000 });
    const names = ['one.bin.001', 'one.bin.002', 'one.bin.003', 'two.bin.001', 'two.bin.002'];
    expect(await readdir(join(kit.path, 'files'))).toEqual(names);
    expect(await box.faults(kit)).toEqual([]);

    await copyFile(file(kit, 'one.bin.001'), file(kit, 'one.bin.002'));
    expect(await box.faults(kit)).toEqual(['one.bin.002 damaged']);
    await rm(file(kit, 'one.bin.002'));
    expect(await box.faults(kit)).toEqual(['one.bin.002 missing']);
    await copyFile(file(kit, 'one.bin.001'), file(kit, 'one.bin.004'));
    expect((await box.faults(kit)).sort()).toEqual(['one.bin.002 missing', 'one.bin.004 extra']);
    expect(await refused(box, kit)).toBe('E_KIT_DAMAGED');
  });

  it.each([
    ['../up', 'E_KIT_FORMAT'],
    ['a/b', 'E_KIT_FORMAT'],
    ['CON.txt', 'E_KIT_FORMAT'],
    ['ends.', 'E_KIT_FORMAT'],
    ['.hidden', 'E_KIT_FORMAT'],
    ['ONE.BIN', 'E_KIT_FORMAT'],
    ['one.bin.001', 'E_KIT_FORMAT'],
    ['x'.repeat(200), 'E_KIT_FORMAT'],
    ['ne\u200bw', 'E_KIT_FORMAT'],
  ])('name tricks: %j in a manifest', async (name, code) => {
    const box = await kitBox();
    const kit = await box.make('kit', {
      alter: (manifest) => ({
        ...manifest,
        files: manifest.files.map((one) => (one.name === 'two.bin' ? { ...one, name } : one)),
      }),
    });
    expect(await refused(box, kit)).toBe(code);
  });

  it.each(['../../evil', '/etc/evil', 'files/a/b', 'files/../../evil', 'files/', 'elsewhere'])(
    'name tricks: %j in a tar',
    async (name) => {
      const box = await kitBox();
      const kit = await box.make('kit.tar', { form: 'tar' });
      await appendEntry(kit.path, name, 'x');
      expect(await box.faults(kit)).toHaveLength(1);
      expect(await refused(box, kit)).toBe('E_KIT_DAMAGED');
    },
  );

  it('name tricks: a link in the place of a file', async () => {
    const box = await kitBox();
    const kit = await box.make('kit');
    await rename(file(kit, 'one.bin'), join(box.root, 'elsewhere'));
    await symlink(join(box.root, 'elsewhere'), file(kit, 'one.bin'));
    expect(await refused(box, kit)).toBe('E_KIT_DAMAGED');
  });

  it('a manifest that says one thing to one reader and another to the next', async () => {
    const box = await kitBox();
    const kit = await box.make('kit');
    const path = join(kit.path, 'kit.json');
    const { signManifest } = await import('../../../src/kit/signature.js');
    const text = (await readFile(path, 'utf8')).replace('{\n', '{\n "builds": [999],\n');
    await writeFile(path, text);
    await writeFile(join(kit.path, 'kit.json.sig'), signManifest(Buffer.from(text), box.key));
    expect(await refused(box, kit)).toBe('E_KIT_FORMAT');
  });

  it('expired', async () => {
    const box = await kitBox();
    const kit = await box.make('kit', { expires: '2024-02-03T00:00:00.000Z' });
    expect(await box.faults(kit)).toEqual([]);
    expect(await refused(box, kit)).toBe('E_KIT_EXPIRED');
  });

  it('revoked key', async () => {
    const box = await kitBox();
    const kit = await box.make('kit');
    await revokeKey(box.key, 'stolen', box.host);
    expect(await refused(box, kit)).toBe('E_KEY_REVOKED');
    await expect(trustKey(box.key, 'found again', box.host)).rejects.toMatchObject({ code: 'E_KEY_REVOKED' });
    expect(await refused(box, kit)).toBe('E_KEY_REVOKED');
  });

  it('difference to the wrong base', async () => {
    const box = await kitBox();
    const base = await box.make('base');
    const never = 'f'.repeat(32);
    for (const kind of ['kit', 'request'] as const) {
      const kit = await box.make(`to-${kind}`, { base: { kind, id: never } });
      expect(await refused(box, kit)).toBe('E_KIT_BASE');
    }
    const kit = await box.make('next', { base: { kind: 'kit', id: base.manifest.id } });
    expect(await refused(box, kit)).toBe('E_KIT_BASE');
    await box.receive(base);
    expect((await box.receive(kit)).changed).toBe(true);
  });

  it('endless data: a file that goes on behind its end', async () => {
    const box = await kitBox();
    const kit = await box.make('kit');
    await truncate(file(kit, 'one.bin'), 2 ** 40);
    expect(await box.faults(kit)).toEqual(['one.bin damaged']);
    expect(await refused(box, kit)).toBe('E_KIT_DAMAGED');
  });

  it('endless data: a tar that goes on behind what the manifest names', async () => {
    const box = await kitBox();
    const kit = await box.make('kit.tar', { form: 'tar' });
    const bytes = await readFile(kit.path);
    const head = bytes.subarray(0, bytes.indexOf('files/two.bin'));
    // One entry of 8 GiB, of which a mebibyte a second would come for hours.
    await writeFile(kit.path, Buffer.concat([head, tarHeader('files/two.bin', 8 ** 11 - 1)]));
    await truncate(kit.path, 8 ** 11 - 1);
    let seen = 0;
    const { readThrough } = box.host.files;
    const files: Files = {
      ...box.host.files,
      readThrough: (path, use) =>
        readThrough(path, (piece) => {
          seen += piece.length;
          return use(piece);
        }),
    };
    const { findings } = await verifyKit(kit.path, { ...box.host, files }, quietUi);
    expect(findings.map(({ name }) => name)).toContain('two.bin');
    expect(seen).toBeLessThan(64 * 1024 * 1024);
    expect(await refused(box, kit)).toBe('E_KIT_DAMAGED');
  });

  it('endless data: a manifest without end', async () => {
    const box = await kitBox();
    const kit = await box.make('kit');
    await truncate(join(kit.path, 'kit.json'), 2 ** 40);
    expect(await refused(box, kit)).toBe('E_KIT_FORMAT');
  });

  it('endless data: a device or a pipe in the place of a file', async () => {
    const box = await kitBox();
    const kit = await box.make('kit');
    await rm(file(kit, 'one.bin'));
    await symlink('/dev/zero', file(kit, 'one.bin'));
    expect(await refused(box, kit)).toBe('E_KIT_DAMAGED');
    await rm(join(kit.path, 'kit.json'));
    await symlink('/dev/zero', join(kit.path, 'kit.json'));
    expect(await refused(box, kit)).toBe('E_KIT_FORMAT');
  });

  it('a receipt that was tampered with lets no older kit in', async () => {
    const box = await kitBox();
    const [older, newer] = [await box.make('older'), await box.make('newer')];
    await box.receive(newer);
    const { receipts } = kitPlaces(box.host);
    await appendFile(join(receipts, `${newer.manifest.id}.json`), '}');
    expect(await refused(box, older)).toBe('E_KIT_RECEIPT');
  });

  it('a file that was taken in and changed since is taken in anew', async () => {
    const box = await kitBox();
    const kit = await box.make('kit');
    const { folder } = await box.receive(kit);
    await flip(join(folder, 'one.bin'), 3);
    expect((await box.receive(kit)).changed).toBe(true);
    expect(await readFile(join(folder, 'one.bin'))).toEqual(bytesOf('one', 5_000));
  });
});
