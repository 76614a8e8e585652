import { exportCollection, type Exported } from '../../operations/export-collection.js';
import type { CommandContext, OutcomeOf } from '../command.js';
import type { EXPORT_OPTIONS } from './ansible.js';

export async function exportAnsible(
  context: CommandContext<typeof EXPORT_OPTIONS>,
): Promise<OutcomeOf<'ansible export'>> {
  const { host, values, dryRun } = context;
  const tarball = values.collectionTarball;
  const dir = tarball === undefined ? await context.need('collectionsDir') : values.collectionsDir;
  const result = await exportCollection({ dir, tarball, force: values.forceExport ?? false, dryRun }, host);
  return { changed: result.changed && !dryRun, result, text: said(result, dryRun) };
}

function said({ collection, version, dir, tarball, changed, kept }: Exported, dryRun: boolean): string {
  const places = [dir, tarball].filter((place) => place !== null).join(' and ');
  if (!changed) return `${collection} ${version} is in ${places} already: nothing to do.`;
  return [
    `${collection} ${version} ${dryRun ? 'would be' : 'is'} in ${places}.`,
    ...kept.map((path) => `What was there ${dryRun ? 'would be' : 'is'} ${path}.`),
    ...(tarball === null ? [] : [`Next: ansible-galaxy collection install ${tarball}`]),
  ].join('\n');
}
