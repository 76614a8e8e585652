import { join, resolve } from 'node:path';
import { isKit } from '../operations/kit/kit-release.js';
import { untilAgreed } from '../operations/until-agreed.js';
import { peekRelease } from '../release/peek.js';
import { defaultPlaces, findTarballs, pickNewest, type FoundRelease, type Place } from '../release/picker.js';
import type { Host } from '../system/host.js';
import type { Ui } from '../ui.js';
import { fold, list } from '../words.js';
import { findKits, kitChoices, type FoundKit } from './kit-choices.js';
import { askChoice, askText } from './prompts.js';
import { harmless, tarballChoices, whyNot } from './tarball-lines.js';

export interface Choosing {
  readonly host: Host;
  readonly ui: Ui;
  /** Of the terminal. */
  readonly columns: number;
  /** The build that runs here, if any. */
  readonly installed?: number;
}

const ANOTHER = { name: 'another file or folder…', value: '' } as const;

/**
 * Lets the person pick from what lies around, newest build first, or name another file, or a folder whose
 * list is then shown.
 */
export async function chooseTarball({ host, ui, columns, installed }: Choosing): Promise<string> {
  let { found, kits } = await look(defaultPlaces(host), host, ui);
  for (;;) {
    const some = kits.length > 0 || found.some(({ build }) => build !== undefined);
    if (some) {
      const choices = [...kitChoices(kits, columns), ...tarballChoices(found, columns, installed), ANOTHER];
      const picked = await askChoice('Which release?', choices);
      if (picked !== '') return picked;
    } else {
      ui.say(
        fold('  No release was found there; one is a file like sandstorm-308.tar.xz, or a kit.', columns, 2),
      );
      for (const one of found) {
        ui.say(fold(`  Of no use: ${harmless(one.path)}, ${whyNot(one) ?? ''}`, columns, 4));
      }
    }
    const typed = await askText(
      `Path of a tarball, its folder or a kit${some ? ' (Enter: back to the list)' : ''}:`,
      undefined,
      (text) => (some && text === '' ? undefined : judgePath(text, host)),
    );
    if (typed === '') continue;
    const path = absolute(typed, host);
    const isFolder = (await host.files.stat(path))?.kind === 'directory';
    if (!isFolder || (await isKit(path, host))) return path;
    ({ found, kits } = await look([{ path, depth: 1 }], host, ui));
  }
}

/** As a shell would understand it: people type ~ without thinking. */
export function absolute(typed: string, { cwd, user }: Pick<Host, 'cwd' | 'user'>): string {
  return /^~(?:\/|$)/.test(typed) ? join(user.home, typed.slice(1)) : resolve(cwd, typed);
}

interface Found {
  readonly found: readonly FoundRelease[];
  readonly kits: readonly FoundKit[];
}

async function look(places: readonly Place[], host: Host, ui: Ui): Promise<Found> {
  return ui.step('Looked', async (progress) => {
    const kits = await untilAgreed(host, () => findKits(places, host));
    const tarballs = await untilAgreed(host, () => findTarballs(places, host));
    progress.detail(`in ${list(places.map(({ path }) => path))}`);
    // What lies in a kit is taken with its kit.
    const isLoose = ({ path }: FoundRelease): boolean => !kits.some((kit) => path.startsWith(`${kit.path}/`));
    return { found: tarballs.filter(isLoose), kits };
  });
}

/** @throws Refusal with the reason why there is nothing to use. */
async function judgePath(typed: string, host: Host): Promise<void> {
  if (typed === '') throw new Error('a path is needed; Ctrl-C stops');
  const path = absolute(typed, host);
  if (await isKit(path, host)) return;
  if ((await host.files.stat(path))?.kind === 'directory') {
    pickNewest(await findTarballs([{ path, depth: 1 }], host), [path]);
    return;
  }
  const { problem } = await peekRelease(path, host);
  if (problem !== undefined) throw new Error(problem);
}
