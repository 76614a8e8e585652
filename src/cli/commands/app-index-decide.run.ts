import { decideAbout, type DecideWish } from '../../operations/app-index/decide.js';
import { listIndex, type IndexContents } from '../../operations/app-index/list.js';
import type { IndexedApp } from '../../app-index/choose.js';
import type { PackageRecord } from '../../app-index/record.js';
import { badValue } from '../../errors.js';
import { printable } from '../../release/refusals.js';
import { moment } from '../../words.js';
import type { CommandContext, OutcomeOf } from '../command.js';
import { publishNext } from './app-index.run.js';
import type { DESCRIBE_OPTIONS, HIDE_OPTIONS, LIST_OPTIONS, PIN_OPTIONS } from './app-index.js';

export async function pin(context: CommandContext<typeof PIN_OPTIONS>): Promise<OutcomeOf<'index pin'>> {
  const wanted = context.values.decideOff === true ? undefined : await context.need('packageId');
  return decide(context, 'index pin', { pin: wanted }, wanted === undefined ? 'no longer pinned' : 'pinned');
}

export async function hide(context: CommandContext<typeof HIDE_OPTIONS>): Promise<OutcomeOf<'index hide'>> {
  const hidden = context.values.decideOff === true ? undefined : true;
  return decide(context, 'index hide', { hidden }, hidden === undefined ? 'no longer hidden' : 'hidden');
}

export async function describe(
  context: CommandContext<typeof DESCRIBE_OPTIONS>,
): Promise<OutcomeOf<'index describe'>> {
  const { values } = context;
  const description = values.decideOff === true ? undefined : oneLine(await context.need('shortDescription'));
  const what = description === undefined ? "described in its package's own words" : 'described';
  return decide(context, 'index describe', { description }, what);
}

export async function list(context: CommandContext<typeof LIST_OPTIONS>): Promise<OutcomeOf<'index list'>> {
  const contents = await listIndex(await context.need('dir'), context.host);
  const result = { ...contents, apps: contents.apps.map(asData) };
  return { changed: false, result, text: lines(contents).join('\n') };
}

async function decide(
  context: CommandContext<typeof HIDE_OPTIONS>,
  doing: string,
  change: DecideWish['change'],
  what: string,
): Promise<OutcomeOf<'index pin'>> {
  const { host, dryRun } = context;
  const [dir, appId] = [await context.need('dir'), await context.need('appId')];
  const wouldChange = await decideAbout({ dir, appId, change, dryRun }, doing, host);
  const text = wouldChange
    ? `${appId} ${dryRun ? 'would be' : 'is'} ${what} from the next build on.\n${publishNext(dir)}`
    : `${appId} is ${what} already: nothing to do.`;
  return { changed: wouldChange && !dryRun, result: { dir, appId, ...change, changed: wouldChange }, text };
}

/** What the house decided; a decision taken back is not in it. */
export interface IndexDecision extends Partial<DecideWish['change']> {
  /** Said in a dry run, too. */
  readonly changed: boolean;
  readonly dir: string;
  readonly appId: string;
}

export interface IndexListing extends Omit<IndexContents, 'apps'> {
  readonly apps: readonly ListedApp[];
}

interface ListedApp extends Omit<IndexedApp, 'packages' | 'published'> {
  readonly name: string | null;
  /** Package id of the one that is listed. */
  readonly published: string | null;
  readonly packages: readonly ListedPackage[];
}

interface ListedPackage extends Pick<
  PackageRecord['entry'],
  'packageId' | 'version' | 'versionNumber' | 'createdAt'
> {
  readonly packedBytes: number;
}

/** It stands beside an icon. */
function oneLine(text: string): string {
  const said = text.trim();
  if (said === '' || said.length > 500 || /[\r\n]/.test(said)) {
    throw badValue('TEXT', text, 'one line of at most 500 characters');
  }
  return said;
}

function asData({ packages, published, ...app }: IndexedApp): ListedApp {
  return {
    ...app,
    name: (published ?? packages[0])?.entry.name ?? null,
    published: published?.entry.packageId ?? null,
    packages: packages.map(({ entry, packedBytes }) => ({
      packageId: entry.packageId,
      version: entry.version,
      versionNumber: entry.versionNumber,
      createdAt: entry.createdAt,
      packedBytes,
    })),
  };
}

function lines({ title, apps, unreadable, generations, inForce, upToDate }: IndexContents): string[] {
  const current = generations.find(({ number }) => number === inForce);
  return [
    `${printable(title)}, ${publication(current, upToDate)}`,
    ...apps.flatMap(appLines),
    ...unreadable.map((id) => `! ${id}: what is on record of it cannot be read`),
  ];
}

function publication(current: IndexContents['generations'][number] | undefined, upToDate: boolean): string {
  if (current === undefined) return 'nothing published yet';
  const behind = upToDate ? '' : ', `index build` would make another';
  return `publication ${String(current.number)} of ${moment(current.builtAt)}${behind}`;
}

function appLines({ appId, packages, published, pin: pinned, hidden, description }: IndexedApp): string[] {
  const name = (published ?? packages[0])?.entry.name ?? '';
  const notes = [hidden ? 'hidden' : '', description === undefined ? '' : 'own description'].filter(Boolean);
  const missing = pinned !== undefined && !packages.some(({ entry }) => entry.packageId === pinned);
  return [
    '',
    `${printable(name)}  ${appId}${notes.length === 0 ? '' : `  (${notes.join(', ')})`}`,
    ...packages.map((one) => {
      const { packageId, version, versionNumber } = one.entry;
      const mark = one === published ? (packageId === pinned ? 'pinned' : 'listed') : '';
      return `  ${mark.padEnd(8)}${packageId}  ${printable(version)} (${String(versionNumber)})`;
    }),
    ...(missing ? [`  ! pinned to ${pinned}, which is not here: nothing of it is listed`] : []),
  ];
}
