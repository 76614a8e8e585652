import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { makeSigningKey } from '../../../src/rehearsal/signing-key.js';
import { connectedSide } from '../../helpers/kit-sides.js';
import { packageOf, publicFiles } from '../../helpers/public-hosts.js';
import { commandsIn, readTyped } from '../../helpers/typed-commands.js';
import type { UpstreamFiles } from '../../helpers/upstream-index.js';

/* RUNBOOK.md: what somebody reads before the offline server, with the kit in hand. */

const signing = makeSigningKey();
const NOTES = { name: 'Notes', version: 1 };
let published: UpstreamFiles;

beforeAll(async () => {
  published = await publicFiles([309], [NOTES], signing);
});

/** A connected machine, a tool and a package to pack, and the page of a kit. */
async function packing() {
  const side = await connectedSide(published, signing);
  const [tool, spk] = [join(side.root, 'tool'), join(side.root, 'notes.spk')];
  await writeFile(tool, Buffer.alloc(200_000, 'tool '));
  await writeFile(spk, packageOf(NOTES));
  const pageOf = async (wish: Parameters<typeof side.create>[0]): Promise<string> => {
    const { path } = await side.create({ tool, packages: [spk], ...wish });
    return readFile(join(path, 'files/RUNBOOK.md'), 'utf8');
  };
  return { ...side, tool, pageOf };
}

describe('the page in a kit', () => {
  it('has commands that can be typed, for all that is in it', async () => {
    const { pageOf } = await packing();
    const typed = await Promise.all(commandsIn(await pageOf({ purpose: 'autumn' })).map(readTyped));
    const apps = ['kit verify', 'key list', 'key trust', 'kit receive', 'index build', 'index init'];
    const release = ['runbook update', 'update', 'install', 'status', 'rollback'];
    expect([...new Set(typed.map(({ name }) => name))].sort()).toEqual([...apps, ...release].sort());
    expect(typed.find(({ name }) => name === 'kit receive')?.values).toHaveProperty('kitIndex');
  });

  it('says how to take the tool out, of a folder, of parts and of a tar', async () => {
    const { pageOf, root, create, tool } = await packing();
    expect(await pageOf({})).toContain('\ninstall -m 755 KIT/files/sandstorm-airgap /usr/local/bin/');
    const inParts = await pageOf({ path: join(root, 'parts'), split: 128 * 1024 });
    expect(inParts).toContain(
      '\ncat KIT/files/sandstorm-airgap.??? > /usr/local/bin/sandstorm-airgap && chmod',
    );
    const { path } = await create({ tool, path: join(root, 'kit.tar') });
    const tar = (await readFile(path)).toString('latin1');
    expect(tar).toContain('\ntar -xOf KIT files/sandstorm-airgap > /usr/local/bin/sandstorm-airgap && chmod');
  });

  it("is made of the house's own template, which is tried before anything is fetched", async () => {
    const { pageOf, root, upstream } = await packing();
    const templates = join(root, 'templates');
    await mkdir(templates);
    await writeFile(join(templates, 'kit.md'), '# Ours: {{holds}}\n{{nonsense}}\n');
    await expect(pageOf({ templates })).rejects.toMatchObject({
      code: 'E_RUNBOOK_TEMPLATE',
      message: expect.stringMatching(/kit\.md, line 2: there is nothing called nonsense/) as string,
    });
    expect(upstream.asked).toEqual([]);
    await writeFile(join(templates, 'kit.md'), '# Ours: {{holds}}\n');
    expect(await pageOf({ templates })).toMatch(
      /^# Ours: build 309, signed by a key you trust \(ed25519\); 1 app/,
    );
  });
});
