import { buildIndex, type Built } from '../../operations/app-index/build.js';
import { rollBackIndex } from '../../operations/app-index/rollback.js';
import { SITE_PARTS } from '../../operations/app-index/site-parts.js';
import { count, list, moment } from '../../words.js';
import type { CommandContext, OutcomeOf } from '../command.js';
import type { BUILD_OPTIONS, ROLLBACK_OPTIONS } from './app-index.js';

const KEPT = 3;

export async function build(
  context: CommandContext<typeof BUILD_OPTIONS>,
): Promise<OutcomeOf<'index build'>> {
  const { host, ui, dryRun, values } = context;
  const dir = await context.need('dir');
  const wish = { dir, keep: values.keepGenerations ?? KEPT, anew: values.anew ?? false, dryRun };
  const built = await ui.step('Build', (progress) => {
    progress.detail(dir);
    return buildIndex(wish, SITE_PARTS, host);
  });
  for (const appId of built.pinsMissing) {
    ui.say(`! ${appId} is not listed: the package it is pinned to is not in the index`);
  }
  const wouldChange = built.how !== 'same' || built.pruned.length > 0;
  const result = { dir, ...built, changed: wouldChange };
  return { changed: wouldChange && !dryRun, result, text: `${said(built, dryRun)}${pruned(built, dryRun)}` };
}

export async function rollback(
  context: CommandContext<typeof ROLLBACK_OPTIONS>,
): Promise<OutcomeOf<'index rollback'>> {
  const { host, dryRun, values } = context;
  const dir = await context.need('dir');
  const done = await rollBackIndex({ dir, to: values.generation, dryRun }, host);
  const { number, builtAt } = done.to;
  const which = `publication ${String(number)} of ${moment(builtAt)}`;
  const text = done.changed
    ? `${dryRun ? 'Would put' : 'Put'} ${which} into force again, until the next \`index build\`.`
    : `In force is ${which} already: nothing to do.`;
  return { changed: done.changed && !dryRun, result: { dir, ...done }, text };
}

function said({ how, generation, apps, packages }: Built, dryRun: boolean): string {
  const what = `${count(apps, 'app')}, ${count(packages, 'package')}`;
  if (how === 'same') return `Nothing changed since publication ${String(generation?.number)}: ${what}.`;
  const number = generation === undefined ? 'A new publication' : `Publication ${String(generation.number)}`;
  const again = how === 'back' ? ' again' : '';
  return `${number} ${dryRun ? 'would be' : 'is'} in force${again}: ${what}.`;
}

function pruned({ pruned: numbers }: Built, dryRun: boolean): string {
  if (numbers.length === 0) return '';
  return `\n${dryRun ? 'Would remove' : 'Removed'} ${count(numbers.length, 'earlier one')}: ${list(numbers.map(String))}.`;
}
