import { basename } from 'node:path';
import { indexLayout } from '../../app-index/layout.js';
import { mirrorPlace } from '../../app-index/mirror/place.js';
import { Refusal } from '../../errors.js';
import type { Host } from '../../system/host.js';
import { count } from '../../words.js';
import type { Mirrored } from './mirror.js';

/**
 * A new or empty folder, or a mirror. Not an index that the house fills itself: the next `index build` would publish
 * that without the mirrored apps.
 * @throws Refusal E_INDEX_PLACE
 */
export async function requireMirrorPlace(dir: string, host: Host): Promise<void> {
  const stat = await host.files.stat(dir);
  if (stat === undefined) return;
  const { document, locks, incoming } = indexLayout(dir);
  const names = stat.kind === 'directory' ? await host.files.list(dir) : [basename(dir)];
  const { folder } = mirrorPlace(dir);
  if (names.includes(basename(folder)) && stat.kind === 'directory') return;
  // A first run that was cut off at its very beginning leaves these.
  const strange = names.find((name) => ![basename(locks), basename(incoming)].includes(name));
  if (strange === undefined) return;
  const isIndex = names.includes(basename(document));
  throw new Refusal(
    'E_INDEX_PLACE',
    isIndex
      ? `${dir} is an index of the house's own apps, and no mirror`
      : `${dir} is no empty folder: ${strange} is there`,
    { hint: 'give a folder that is empty or not there yet' },
  );
}

/** What is published of a mirror comes from elsewhere, and nothing of it is in the store. @throws Refusal E_INDEX_PLACE */
export async function refuseMirror(dir: string, host: Host): Promise<void> {
  if ((await host.files.lstat(mirrorPlace(dir).folder)) === undefined) return;
  throw new Refusal('E_INDEX_PLACE', `${dir} is a mirror of another index`, {
    hint: `make an index of the house in a folder of its own, and take the packages in there: sandstorm-airgap index init DIR, then sandstorm-airgap index add DIR ${mirrorPlace(dir).folder}/packages`,
  });
}

/** Part of it could not be had; what could is published. */
export function incomplete(mirrored: Mirrored): Refusal | undefined {
  const { failed, refused, waiting, published } = mirrored;
  if (failed.length === 0 && refused.length === 0) return undefined;
  const isCorrupt = refused.length > 0 || failed.some(({ corrupt }) => corrupt);
  const parts = [
    ...(failed.length === 0 ? [] : [`${count(failed.length, 'file')} could not be fetched`]),
    ...(refused.length === 0
      ? []
      : [`${count(refused.length, 'entry').replace('entrys', 'entries')} of the index refused`]),
  ];
  const waits =
    waiting.length === 0 ? '' : `; ${count(waiting.length, 'app')} not published in the newest version`;
  const lines = [
    ...failed.slice(0, SHOWN).map(({ path, why }) => `  ${path}: ${why}`),
    ...refused.slice(0, SHOWN).map(({ app, why }) => `  ${app}: ${why}`),
    ...(failed.length + refused.length > 2 * SHOWN ? ['  and more: --json tells all'] : []),
  ];
  return new Refusal(
    isCorrupt ? 'E_MIRROR_CORRUPT' : 'E_MIRROR_INCOMPLETE',
    `${parts.join(' and ')}${waits}\n${lines.join('\n')}`,
    {
      hint: isCorrupt
        ? 'tell who runs that index; all that is right was published'
        : 'type the same command again: it fetches only what is missing',
      result: mirrored,
      changed: published,
    },
  );
}

const SHOWN = 10;
