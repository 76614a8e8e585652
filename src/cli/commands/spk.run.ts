import { basename } from 'node:path';
import { spkFileName } from '../../apps/file-name.js';
import { readPackage, verifyPackage, type PackageOptions } from '../../apps/read-package.js';
import { Refusal, type RefusalData } from '../../errors.js';
import { renamePackage, type Renamed } from '../../operations/rename-package.js';
import { keepMemoryLow } from '../../system/memory.js';
import { count } from '../../words.js';
import type { CommandContext, OutcomeOf } from '../command.js';
import { asData, oneLine, table, type PackageData } from './spk-table.js';
import type { RENAME_OPTIONS, SPK_OPTIONS } from './spk.js';

type Context = CommandContext<typeof SPK_OPTIONS>;

export async function inspect(context: Context): Promise<OutcomeOf<'spk inspect'>> {
  keepMemoryLow();
  const seen = await showEach(context, 'Read', readPackage);
  return { changed: false, result: { packages: seen } };
}

export async function verify(context: Context): Promise<OutcomeOf<'spk verify'>> {
  keepMemoryLow();
  const seen = await showEach(context, 'Verify', verifyPackage);
  const text = `${count(seen.length, 'package')} whole, and signed by the key of the app id shown.`;
  return { changed: false, result: { packages: seen }, text };
}

export interface SeenPackage extends PackageData {
  readonly file: string;
  /** The name it should have. */
  readonly fileName: string;
}

export interface RenamedPackage extends Pick<Renamed, 'path' | 'did'> {
  readonly file: string;
  readonly packageId: string;
}

/** Of several files: those that were refused come after the others. */
export interface RefusedFile {
  readonly file: string;
  readonly error: RefusalData;
}

async function showEach(context: Context, doing: string, read: typeof readPackage): Promise<SeenPackage[]> {
  const files = await context.need('packages');
  return eachOf(files, context, doing, async (file, options) => {
    const seen = await read(file, context.host, options);
    return { lines: [...table(seen), ''], data: { file, fileName: spkFileName(seen), ...asData(seen) } };
  });
}

export async function rename(
  context: CommandContext<typeof RENAME_OPTIONS>,
): Promise<OutcomeOf<'spk rename'>> {
  const { host, values, dryRun } = context;
  const { to, copy = false, move = false } = values;
  const how = howTo(to, copy, move);
  const done: Renamed[] = [];
  const hasChanged = (): boolean => !dryRun && done.some(({ did }) => did !== 'nothing');
  try {
    const packages = await eachOf(await context.need('packages'), context, 'Read', async (file, options) => {
      const one = await renamePackage({ file, to, how, dryRun }, host, options);
      done.push(one);
      const data = { file, path: one.path, did: one.did, packageId: one.package.packageId };
      return { lines: [`  ${oneLine(basename(file))}: ${sentenceFor(one, dryRun)}`], data };
    });
    return { changed: hasChanged(), result: { packages } };
  } catch (error) {
    throw error instanceof Refusal && hasChanged() ? error.afterChanges() : error;
  }
}

function howTo(to: string | undefined, copy: boolean, move: boolean): 'move' | 'copy' | 'link' {
  if (copy && move) {
    throw new Refusal('E_USAGE', '--copy and --move cannot both be given', { hint: 'leave out one of them' });
  }
  if (copy) return 'copy';
  return move || to === undefined ? 'move' : 'link';
}

function sentenceFor({ path, did }: Renamed, dryRun: boolean): string {
  if (did === 'nothing') return `${path} is there already, nothing to do`;
  const would = dryRun ? 'would be ' : '';
  if (did === 'removed the other copy') return `${would}removed, ${path} is the same`;
  return `${would}${did} to ${path}`;
}

/**
 * One after the other, all of them, also after a refusal.
 * @throws Refusal the only one; or the worst of several, whose exit code is the highest
 */
async function eachOf<T>(
  files: readonly string[],
  { ui }: Pick<Context, 'ui'>,
  doing: string,
  work: (file: string, options: PackageOptions) => Promise<{ lines: readonly string[]; data: T }>,
): Promise<T[]> {
  const told: T[] = [];
  const failed: { readonly file: string; readonly refusal: Refusal }[] = [];
  for (const file of files) {
    try {
      const { lines, data } = await ui.step(`${doing} ${oneLine(basename(file))}`, (progress) =>
        work(file, { onProgress: (done, total) => progress.bytes(done, total) }),
      );
      for (const line of lines) ui.say(line);
      told.push(data);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      failed.push({ file, refusal: error });
    }
  }
  const worst = failed.toSorted((a, b) => b.refusal.exitCode - a.refusal.exitCode)[0]?.refusal;
  if (worst === undefined) return told;
  if (files.length === 1) throw worst;
  const refused: RefusedFile[] = failed.map(({ file, refusal: { code, message, hint } }) => ({
    file,
    error: { code, message, hint: hint ?? null },
  }));
  throw worst.but({
    message: `${String(failed.length)} of ${count(files.length, 'file')} refused; the worst: ${worst.message}`,
    result: { packages: [...told, ...refused] },
  });
}
