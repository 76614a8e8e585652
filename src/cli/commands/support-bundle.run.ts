import { previewBundle, writeBundle } from '../../operations/support/bundle.js';
import type { Manifest } from '../../support/manifest.js';
import { bytes, count } from '../../words.js';
import type { CommandContext, OutcomeOf } from '../command.js';
import type { BUNDLE_OPTIONS } from './support-bundle.js';

export async function run(
  context: CommandContext<typeof BUNDLE_OPTIONS>,
): Promise<OutcomeOf<'support-bundle'>> {
  const { host, ui, home, dryRun } = context;
  if (dryRun) {
    const manifest = await previewBundle(home, host, ui);
    return { changed: false, result: { file: null, manifest }, text: manifestText(manifest) };
  }
  const file = await context.need('file');
  const { manifest, size } = await writeBundle(home, file, host, ui);
  const last = `${file}, ${bytes(size)}. Look into it before you send it: tar -tzf ${file}`;
  return { changed: true, result: { file, size, manifest }, text: `${manifestText(manifest)}\n\n${last}` };
}

function manifestText({ files, missing }: Manifest): string {
  const rows = files.map(({ name, size, redacted, cut }) => {
    const out = Object.entries(redacted).map(([kind, times]) => `${kind} ${String(times)}`);
    const notes = [
      ...(cut ? ['its end only'] : []),
      ...(out.length === 0 ? [] : [`taken out: ${out.join(', ')}`]),
    ];
    return `${bytes(size).padStart(9)}  ${name}${notes.length === 0 ? '' : `  (${notes.join('; ')})`}`;
  });
  const gaps = missing.map(({ what, why }) => `  missing  ${what}: ${why}`);
  return [...rows, ...gaps, count(files.length, 'file')].join('\n');
}
