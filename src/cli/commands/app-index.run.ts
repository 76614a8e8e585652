import { addPackages, isChanged, type Added } from '../../operations/app-index/add.js';
import { initIndex } from '../../operations/app-index/init.js';
import { removePackages } from '../../operations/app-index/remove.js';
import type { PackageRecord } from '../../app-index/record.js';
import type { Taken } from '../../app-index/take-in.js';
import { verifyPackage } from '../../apps/read-package.js';
import type { Refusal, RefusalData } from '../../errors.js';
import { printable } from '../../release/refusals.js';
import { keepMemoryLow } from '../../system/memory.js';
import { count } from '../../words.js';
import type { CommandContext, OutcomeOf } from '../command.js';
import type { ADD_OPTIONS, INIT_OPTIONS, REMOVE_OPTIONS } from './app-index.js';

export async function init(context: CommandContext<typeof INIT_OPTIONS>): Promise<OutcomeOf<'index init'>> {
  const { host, dryRun, values } = context;
  const dir = await context.need('dir');
  const wish = { dir, title: values.marketTitle, servers: values.marketServer, dryRun };
  const { title, servers, changed } = await initIndex(wish, host);
  const done = dryRun ? 'would be' : 'is';
  const text = changed
    ? `${dir} ${done} an app index, called ${printable(title)}.\nNext: sandstorm-airgap index add ${dir} FILE...`
    : `${dir} is an app index already, called ${printable(title)}: nothing to do.`;
  return { changed: changed && !dryRun, result: { dir, title, servers, changed }, text };
}

export async function add(context: CommandContext<typeof ADD_OPTIONS>): Promise<OutcomeOf<'index add'>> {
  keepMemoryLow();
  const { host, ui, dryRun } = context;
  const dir = await context.need('dir');
  const files = await context.need('packages');
  const added = await ui.step('Take in', (progress) => {
    let done = 0;
    return addPackages(
      { dir, files, dryRun },
      verifyPackage,
      (one) => {
        done += 1;
        progress.detail(count(done, 'package'));
        if (one.state !== 'already') ui.say(told(one, dryRun));
      },
      host,
    );
  });
  const wouldChange = isChanged(added.taken);
  const changed = !dryRun && wouldChange;
  const result = { dir, packages: added.taken.map(asData), twins: added.twins, changed: wouldChange };
  for (const { packageId, of } of added.twins) {
    ui.say(
      `! ${packageId} has the same version number as ${of}: servers that have one will not take the other`,
    );
  }
  const refused = added.taken.filter((one) => one.state === 'refused');
  const [first] = refused;
  if (first !== undefined) throw someRefused(first.refusal, refused.length, added, changed, result);
  return { changed, result, text: summary(dir, added, dryRun) };
}

export async function remove(
  context: CommandContext<typeof REMOVE_OPTIONS>,
): Promise<OutcomeOf<'index remove'>> {
  const { host, dryRun } = context;
  const dir = await context.need('dir');
  const id = await context.need('removedId');
  const { packages, changed } = await removePackages({ dir, id, dryRun }, host);
  const text = changed
    ? `${count(packages.length, 'package')} ${dryRun ? 'would be' : 'was'} taken out: ${packages.join(', ')}\n${publishNext(dir)}`
    : `There is nothing of ${id} in the index: nothing to do.`;
  return { changed: changed && !dryRun, result: { dir, id, packages, changed }, text };
}

/** What a person is to do so that others see it. */
export function publishNext(dir: string): string {
  return `Next: sandstorm-airgap index build ${dir}`;
}

function told(one: Taken, dryRun: boolean): string {
  if (one.state === 'refused')
    return `  ✖ ${printable(one.file)}: ${one.refusal.message}      ${one.refusal.code}`;
  const { name, version, packageId } = one.record.entry;
  const mended = one.state === 'mended' ? ' in place of a damaged one' : '';
  return `  ${dryRun ? 'would take' : '✔'} ${packageId}  ${printable(name)} ${printable(version)}${mended}`;
}

export interface PackagesAdded {
  readonly dir: string;
  /** In the order in which they were given. */
  readonly packages: readonly PackageTaken[];
  readonly twins: Added['twins'];
  /** Said in a dry run, too. */
  readonly changed: boolean;
}

export type PackageTaken =
  | ({ readonly file: string; readonly state: 'added' | 'already' | 'mended' } & Shortly)
  | { readonly file: string; readonly state: 'refused'; readonly error: RefusalData };

type Shortly = Pick<PackageRecord['entry'], 'appId' | 'packageId' | 'name' | 'version' | 'versionNumber'>;

function asData(one: Taken): PackageTaken {
  if (one.state === 'refused') {
    const { code, message, hint = null } = one.refusal;
    return { file: one.file, state: one.state, error: { code, message, hint } };
  }
  return { file: one.file, state: one.state, ...shortly(one.record) };
}

function shortly({ entry }: PackageRecord): Shortly {
  const { appId, packageId, name, version, versionNumber } = entry;
  return { appId, packageId, name, version, versionNumber };
}

function summary(dir: string, { taken }: Added, dryRun: boolean): string {
  const isNew = taken.filter(({ state }) => state !== 'already').length;
  const already = taken.length - isNew;
  const known = already === 0 ? '' : `, ${String(already)} in already`;
  if (isNew === 0) return `All ${count(already, 'package')} are in the index already: nothing to do.`;
  return `${count(isNew, 'package')} ${dryRun ? 'would be' : ''} taken in${known}.\n${publishNext(dir)}`.replace(
    '  ',
    ' ',
  );
}

/** The first one's reason and exit code stand for all; each is in the result. */
function someRefused(
  first: Refusal,
  refused: number,
  { taken }: Added,
  changed: boolean,
  result: PackagesAdded,
): Refusal {
  const message =
    taken.length === 1
      ? first.message
      : `${String(refused)} of ${count(taken.length, 'package')} not taken in, the first because: ${first.message}`;
  return first.but({ message, changed, result });
}
