import { PUBLIC_HOSTS } from '../../kit/hosts.js';
import { requireLine } from '../../kit/manifest.js';
import { createKit, previewKit, type CreatedKit } from '../../operations/kit/create.js';
import type { CreateWish } from '../../operations/kit/create-wish.js';
import { ownExecutable } from '../../system/own-program.js';
import { printable } from '../../release/refusals.js';
import { bytes, count, list } from '../../words.js';
import type { CommandContext, OutcomeOf } from '../command.js';
import type { CREATE_OPTIONS } from './kit.js';

type Context = CommandContext<typeof CREATE_OPTIONS>;

export async function create(context: Context): Promise<OutcomeOf<'kit create'>> {
  const { host, ui, dryRun } = context;
  const wish = await wishOf(context);
  if (dryRun) return preview(wish, context);
  const made = await createKit(wish, host, ui);
  for (const line of table(made, wish)) ui.say(line);
  const { path, id, builds, files, leftOut, refused, changed } = made;
  const result = { kit: id ?? null, path, builds, files, leftOut, refused };
  return { changed, result, text: closing(made) };
}

async function wishOf({ values, need, dryRun }: Context): Promise<CreateWish> {
  const offline = values.offline ?? false;
  return {
    path: await need('kit'),
    release: values.release ?? { kind: 'newest' },
    installScript: values.installScript,
    keyFile: values.keyFile,
    allowUnsigned: values.allowUnsigned ?? false,
    tool: values.kitTool ?? ownExecutable(),
    packages: values.kitPackages ?? [],
    index: values.kitIndex,
    apps: { apps: values.kitApps ?? [], categories: values.kitCategories ?? [] },
    allApps: values.allApps ?? false,
    hosts: {
      downloads: values.downloadUrl ?? PUBLIC_HOSTS.downloads,
      install: values.installUrl ?? PUBLIC_HOSTS.install,
      index: values.indexUrl ?? PUBLIC_HOSTS.index,
    },
    channel: values.channel ?? 'dev',
    offline,
    approach: {
      connections: 8,
      patienceMs: Math.max(0.1, values.patience ?? 30) * 1000,
      minRate: 1000,
      attempts: values.tries ?? 5,
      allowedHosts: values.allowRedirectHost ?? [],
    },
    signKey: values.signKey,
    purpose: requireLine(values.purpose ?? '', '--purpose'),
    expiresDays: values.expiresDays,
    split: values.split,
    request: values.requestFile,
    base: values.baseKit,
    templates: values.templates,
    allowOlder: values.allowOlder ?? false,
    dryRun,
  };
}

async function preview(wish: CreateWish, { host }: Context): Promise<OutcomeOf<'kit create'>> {
  const seen = await previewKit(wish, host);
  const sizes = [...seen.here, ...seen.toFetch].flatMap(({ size }) => (size === undefined ? [] : [size]));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const unsized = seen.toFetch.filter(({ size }) => size === undefined).length;
  const text = [
    ...seen.here.map(({ name, path, size }) => row(name, size, path)),
    ...seen.toFetch.map(({ name, url, size }) => row(name, size, url)),
    `${count(seen.here.length + seen.toFetch.length, 'file')}, ${bytes(total)}${unsized === 0 ? '' : `, and ${count(unsized, 'file')} whose size nobody says`}.`,
    ...unusable(seen),
    ...(wish.tool === undefined ? ['! The tool itself is not in it: --tool FILE adds its single file.'] : []),
    'Dry run: nothing was fetched or written.',
  ].join('\n');
  return { changed: false, result: seen, text };
}

function row(name: string, size: number | undefined, from: string): string {
  return `  ${(size === undefined ? '?' : bytes(size)).padStart(7)}  ${name.padEnd(36)}  ${from}`;
}

/** FAT32 takes one byte less than this. */
const FAT_LIMIT = 2 ** 32;

function unusable({ refused }: Pick<CreatedKit, 'refused'>): string[] {
  return refused.map(
    ({ app, why }) => `  ! The index's entry of ${printable(app)} cannot be used and is not in it: ${why}`,
  );
}

function table({ files, leftOut, builds, path, refused }: CreatedKit, { tool }: CreateWish): string[] {
  const packages = files.filter(({ kind }) => kind === 'package').length;
  const total = files.reduce((sum, { size }) => sum + size, 0);
  const isLarge = files.some(({ size, parts }) => size >= FAT_LIMIT && parts === undefined);
  const forFat = path.endsWith('.tar') ? total >= FAT_LIMIT : isLarge;
  return [
    ...(builds.length === 0 ? [] : [`  Release   build ${builds.join(', ')}`]),
    ...(packages === 0 ? [] : [`  Apps      ${count(packages, 'package')}`]),
    ...(files.length === 0 ? [] : [`  Size      ${bytes(total)} in ${count(files.length, 'file')}`]),
    ...(leftOut.length === 0
      ? []
      : [`  Left out  ${list(leftOut.slice(0, 5))}${leftOut.length > 5 ? ', …' : ''}: there already`]),
    ...unusable({ refused }),
    ...(tool === undefined ? ['  ! The tool itself is not in it: --tool FILE adds its single file.'] : []),
    ...(forFat ? ['  ! FAT32 takes no file of 4 GiB: a folder with --split 2G fits.'] : []),
  ];
}

function closing({ path, id, changed }: CreatedKit): string {
  if (id === undefined) return 'The other side has all of it: no kit was made.';
  if (!changed) return `${path} holds just that already: nothing to do.`;
  return `${path} is kit ${id}. After the copy, and on the other side: sandstorm-airgap kit verify ${path}`;
}
