import { clean, type CleanResult } from '../../operations/clean.js';
import { bytes, count } from '../../words.js';
import type { CommandContext, OutcomeOf } from '../command.js';

export async function run({ home, host, ui, dryRun }: CommandContext): Promise<OutcomeOf<'clean'>> {
  const result = await clean(home, dryRun, host, ui);
  return { changed: result.removed.length > 0, result, text: cleanText(result, dryRun) };
}

/** The last line; what was found has been said before. */
export function cleanText({ removed, leftovers, freedBytes }: CleanResult, dryRun: boolean): string {
  if (removed.length > 0)
    return `  Removed ${count(removed.length, 'leftover')}, ${bytes(freedBytes)} freed.`;
  if (dryRun && leftovers.some(({ stale }) => stale)) return '  Dry run: nothing was changed.';
  return leftovers.length === 0
    ? '  Nothing is left over.'
    : '  Nothing that is surely left over: nothing was removed.';
}
