import { createHash } from 'node:crypto';
import type { Kind, Redacted } from './redact.js';

/** What is in a support bundle: MANIFEST.json in it. */
export interface Manifest {
  readonly version: 1;
  /** ISO 8601. */
  readonly made: string;
  readonly tool: string;
  readonly home: string;
  readonly files: readonly ManifestFile[];
  /** What could not be had, and why. */
  readonly missing: readonly { readonly what: string; readonly why: string }[];
}

export interface ManifestFile {
  readonly name: string;
  /** Bytes, as it is in the bundle. */
  readonly size: number;
  readonly sha256: string;
  /** Only its end was taken. */
  readonly cut: boolean;
  readonly redacted: Readonly<Partial<Record<Kind, number>>>;
}

export function manifestFile(name: string, { text, counts }: Redacted, cut: boolean): ManifestFile {
  const sha256 = createHash('sha256').update(text).digest('hex');
  return { name, size: Buffer.byteLength(text), sha256, cut, redacted: counts };
}

/**
 * A name for the inside of the archive: without secrets, in letters that are safe everywhere, below its folder, and not
 * one of those that are there already. Pure.
 */
export function nameInside(
  wanted: string,
  redact: (text: string) => Redacted,
  taken: ReadonlySet<string>,
): string {
  const safe = wanted
    .split('/')
    .map((part) =>
      redact(part)
        .text.replaceAll(/\[redacted (\w+)\]/g, 'redacted-$1')
        .replaceAll(/[^A-Za-z0-9._+-]/g, '_')
        .replace(/^\.+/, '_')
        .slice(0, 100),
    )
    .filter((part) => part !== '')
    .join('/');
  for (let n = 1; ; n += 1) {
    const name = n === 1 ? safe : `${safe}.${String(n)}`;
    if (!taken.has(name)) return name;
  }
}

/**
 * The end of a log as whole lines: what its first line has lost at its beginning could be the half of a secret that
 * nobody recognises. Pure.
 */
export function wholeLines(bytes: Buffer, cut: boolean): string {
  const text = bytes.toString('utf8');
  if (!cut) return text;
  const end = text.indexOf('\n');
  // A log of one endless line: at least what stands before its first blank.
  return end >= 0 ? text.slice(end + 1) : text.replace(/^\S*/, '');
}
