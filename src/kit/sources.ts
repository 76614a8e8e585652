import { createHash, type Hash } from 'node:crypto';
import type { Host } from '../system/host.js';
import type { FileKind, KitFile, KitPart } from './manifest.js';
import { MOST_PARTS } from './names.js';
import { kitPlace, stopped } from './refusals.js';

/** A file that is to go into a kit, and where its bytes are. */
export interface KitSource {
  readonly name: string;
  readonly kind: FileKind;
  readonly from: { readonly path: string } | { readonly text: string };
}

export interface MeasuredSource {
  readonly source: KitSource;
  readonly file: KitFile;
}

/**
 * Reads a file to its end for its size and hash, and those of its parts.
 * @param partSize bytes of a part; undefined: none are made
 * @throws Refusal E_IO, E_KIT_PLACE when there would be more parts than their names have numbers
 */
export async function measure(
  source: KitSource,
  partSize: number | undefined,
  host: Host,
  onBytes: (count: number) => void = () => undefined,
): Promise<MeasuredSource> {
  const whole = createHash('sha256');
  const parts: KitPart[] = [];
  let part: Hash = createHash('sha256');
  let inPart = 0;
  let size = 0;
  const endPart = (): void => {
    parts.push({ size: inPart, sha256: part.digest('hex') });
    part = createHash('sha256');
    inPart = 0;
  };
  await readSource(source, host, (piece) => {
    whole.update(piece);
    size += piece.length;
    onBytes(piece.length);
    for (let rest = piece; rest.length > 0 && partSize !== undefined;) {
      const fits = rest.subarray(0, partSize - inPart);
      part.update(fits);
      inPart += fits.length;
      rest = rest.subarray(fits.length);
      if (inPart === partSize) endPart();
    }
  });
  if (inPart > 0) endPart();
  if (parts.length > MOST_PARTS)
    throw kitPlace(
      source.name,
      `it would have ${String(parts.length)} parts, and ${String(MOST_PARTS)} can be`,
    );
  const { name, kind } = source;
  const file = { name, kind, size, sha256: whole.digest('hex'), ...(parts.length > 1 ? { parts } : {}) };
  return { source, file };
}

/** Its bytes from the first to the last; a piece is good until `use` has resolved. */
export async function readSource(
  { from }: Pick<KitSource, 'from'>,
  host: Host,
  use: (piece: Buffer) => void | Promise<void>,
): Promise<void> {
  if ('text' in from) {
    await use(Buffer.from(from.text));
    return;
  }
  await host.files.readThrough(from.path, async (piece) => {
    if (host.interrupted.aborted) throw stopped();
    await use(piece);
  });
}
