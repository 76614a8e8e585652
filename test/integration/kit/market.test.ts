import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readDocument } from '../../../src/app-index/document.js';
import { verifyPackage } from '../../../src/apps/read-package.js';
import { addPackages } from '../../../src/operations/app-index/add.js';
import { buildIndex } from '../../../src/operations/app-index/build.js';
import { decideAbout } from '../../../src/operations/app-index/decide.js';
import { initIndex } from '../../../src/operations/app-index/init.js';
import { SITE_PARTS } from '../../../src/operations/app-index/site-parts.js';
import { makeSigningKey } from '../../../src/rehearsal/signing-key.js';
import { connectedSide, offlineSide } from '../../helpers/kit-sides.js';
import { kitBox } from '../../helpers/kits.js';
import { packageIdFor, packageOf } from '../../helpers/public-hosts.js';
import { spkKey } from '../../stand-ins/spk.js';

/* What the connected side has decided about its market goes over with the packages. */

const NOTES = { name: 'Notes', version: 1 };
const TASKS = { name: 'Tasks', version: 1 };
const idOf = ({ name }: { readonly name: string }): string => spkKey(name).appId;

/** A connected machine with a published index of two apps, about which something was decided. */
async function withIndex() {
  const connected = await connectedSide(new Map(), makeSigningKey());
  const { host, root } = connected;
  const dir = join(root, 'index');
  await initIndex({ dir, title: 'Apps of the house', servers: undefined, dryRun: false }, host);
  const files = [];
  for (const app of [NOTES, TASKS]) {
    files.push(join(root, `${app.name}.spk`));
    await writeFile(files.at(-1) ?? '', packageOf(app));
  }
  await addPackages({ dir, files, dryRun: false }, verifyPackage, () => undefined, host);
  const decide = (app: typeof NOTES, change: Parameters<typeof decideAbout>[0]['change']) =>
    decideAbout({ dir, appId: idOf(app), change, dryRun: false }, 'test', host);
  await decide(NOTES, { pin: packageIdFor(NOTES), description: 'for minutes of meetings' });
  await decide(TASKS, { description: 'for the shift' });
  await buildIndex({ dir, keep: 1, anew: false, dryRun: false }, SITE_PARTS, host);
  return { ...connected, dir, decide };
}

describe('the market in a kit', () => {
  it('is what the connected side decided, but where the offline side has decided itself', async () => {
    const { create, key, dir } = await withIndex();
    const kit = await create({ offline: true, index: dir });
    expect(kit.files.map(({ kind }) => kind).sort()).toEqual(['market', 'package', 'package', 'runbook']);

    const server = await offlineSide(key);
    await initIndex({ dir: server.index, title: 'Apps', servers: undefined, dryRun: false }, server.host);
    await server.receive(kit.path);
    expect(await readDocument(server.index, server.host)).toMatchObject({
      title: 'Apps of the house',
      apps: {
        [idOf(NOTES)]: { pin: packageIdFor(NOTES), description: 'for minutes of meetings' },
        [idOf(TASKS)]: { description: 'for the shift' },
      },
    });

    const other = await offlineSide(key);
    await addPackages(
      { dir: other.index, files: [join(dir, 'public/packages', packageIdFor(TASKS))], dryRun: false },
      verifyPackage,
      () => undefined,
      other.host,
    );
    const ours = { dir: other.index, appId: idOf(TASKS), change: { description: 'ours' }, dryRun: false };
    await decideAbout(ours, 'test', other.host);
    await other.receive(kit.path);
    expect(await readDocument(other.index, other.host)).toMatchObject({
      title: 'House',
      apps: { [idOf(TASKS)]: { description: 'ours' } },
    });
  });

  it('goes over again when it has changed, and only then', async () => {
    const { create, key, dir, decide, root } = await withIndex();
    const server = await offlineSide(key);
    await server.receive((await create({ offline: true, index: dir })).path);
    const { file } = await server.request();
    const none = await create({ offline: true, index: dir, request: file, path: join(root, 'none') });
    expect(none).toMatchObject({ id: undefined, leftOut: ['market.json'] });
    await decide(TASKS, { description: undefined });
    const next = await create({ offline: true, index: dir, request: file, path: join(root, 'next') });
    expect(next.files.map(({ name }) => name)).toEqual(['market.json', 'RUNBOOK.md']);
  });

  it('that is none is refused, and nothing of its kit is taken in', async () => {
    const box = await kitBox();
    const kit = await box.make('kit', {
      contents: { 'market.json': Buffer.from('{"version": 2}') },
    });
    const index = join(box.root, 'index');
    await initIndex({ dir: index, title: undefined, servers: undefined, dryRun: false }, box.host);
    await expect(box.receive(kit, { index })).rejects.toMatchObject({ code: 'E_KIT_FORMAT' });
  });
});
