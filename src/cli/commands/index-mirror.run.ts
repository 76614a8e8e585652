import { incomplete } from '../../operations/app-index/mirror-refusals.js';
import {
  lookAtMirror,
  mirrorIndex,
  type Mirrored,
  type MirrorWish,
} from '../../operations/app-index/mirror.js';
import { bytes, count, grouped } from '../../words.js';
import type { CommandContext, OutcomeOf } from '../command.js';
import type { MIRROR_OPTIONS } from './index-mirror.js';

export async function mirror(
  context: CommandContext<typeof MIRROR_OPTIONS>,
): Promise<OutcomeOf<'index mirror'>> {
  const { host, ui, dryRun } = context;
  const wish = await wishOf(context);
  if (dryRun) return preview(wish, context);
  const mirrored = await mirrorIndex(wish, host, ui);
  for (const line of table(mirrored)) ui.say(line);
  const refusal = incomplete(mirrored);
  if (refusal !== undefined) throw refusal;
  const changed = mirrored.published;
  return {
    changed,
    result: mirrored,
    text: changed ? published(wish.dir) : 'It is up to date: nothing to do.',
  };
}

async function wishOf(context: CommandContext<typeof MIRROR_OPTIONS>): Promise<MirrorWish> {
  const { values } = context;
  return {
    url: await context.need('url'),
    dir: await context.need('dir'),
    apps: values.mirrorApps ?? [],
    categories: values.mirrorCategories ?? [],
    latestOnly: values.latestOnly ?? false,
    allowOlder: values.allowOlder ?? false,
    allowedHosts: values.allowRedirectHost ?? [],
    connections: values.connections ?? 8,
    patienceMs: Math.max(0.1, values.patience ?? 30) * 1000,
    minRate: values.minRate ?? 1000,
    attempts: values.tries ?? 5,
    keep: values.keepGenerations ?? 3,
  };
}

async function preview(
  wish: MirrorWish,
  { host }: CommandContext<typeof MIRROR_OPTIONS>,
): Promise<OutcomeOf<'index mirror'>> {
  const seen = await lookAtMirror(wish, host);
  const lines = [
    `  To fetch  ${count(seen.files, 'file')}, ${bytes(seen.bytes)}, for ${count(seen.apps, 'app')}`,
    ...(seen.unsized === 0
      ? []
      : [`            of ${grouped(seen.unsized)} the server does not say the size`]),
    ...seen.failed.map(({ path, why }) => `  ! ${path}: ${why}`),
    'Dry run: nothing was fetched.',
  ];
  return { changed: false, result: seen, text: lines.join('\n') };
}

function table(mirrored: Mirrored): string[] {
  const { url, apps, packages, fetched, gone, withdrawn, generation, mended } = mirrored;
  return [
    row('Index', url),
    row('Fetched', `${count(fetched.files, 'file')}, ${bytes(fetched.bytes)}`),
    row('Offered', `${count(apps, 'app')}, ${count(packages, 'package')}`),
    ...(generation === undefined ? [] : [row('In force', `publication ${String(generation)}`)]),
    ...(gone.length === 0
      ? []
      : [row('Lacking', `${count(gone.length, 'picture')} that the index itself does not have`)]),
    ...(withdrawn.length === 0
      ? []
      : [row('Withdrawn', `${count(withdrawn.length, 'app')} the index does not have any more`)]),
    ...(mended === 0 ? [] : [row('Mended', `${count(mended, 'file')} that a crash had left broken`)]),
  ];
}

function published(dir: string): string {
  return `Published. A web server shows ${dir}/public: sandstorm-airgap index config nginx ${dir}`;
}

function row(name: string, value: string): string {
  return `  ${name.padEnd(10)}${value}`;
}
