/** With `files/` before it it fits into the 100 characters that every tar has for a name. */
const LONGEST = 94;
const SHAPE = /^[A-Za-z0-9](?:[A-Za-z0-9._+-]*[A-Za-z0-9_+-])?$/;
/** Devices to Windows whatever stands behind the first dot: a stick is looked at there too. */
const RESERVED = /^(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\.|$)/i;
const PART = /\.[0-9]{3}$/;

/**
 * Why a file of a kit cannot have this name; undefined when it can on FAT32, exFAT, NTFS and every Linux filesystem,
 * and below any folder: no separators, no `..`, nothing that a shell or Windows takes for something else. Pure.
 */
export function whyNotName(name: string): string | undefined {
  if (name.length > LONGEST) return `is longer than ${String(LONGEST)} characters`;
  if (!SHAPE.test(name)) return 'has characters that are not safe on every filesystem';
  if (RESERVED.test(name)) return 'is the name of a device on Windows';
  if (PART.test(name)) return 'ends like a part of a split file';
  return undefined;
}

/** Two names that a filesystem which knows no case takes for one; undefined when there are none. Pure. */
export function collidingName(names: Iterable<string>): string | undefined {
  const seen = new Set<string>();
  for (const name of names) {
    const folded = name.toLowerCase();
    if (seen.has(folded)) return name;
    seen.add(folded);
  }
  return undefined;
}

/** `name.001` for the first part. */
export function partName(name: string, index: number): string {
  return `${name}.${String(index + 1).padStart(3, '0')}`;
}

export const MOST_PARTS = 999;
