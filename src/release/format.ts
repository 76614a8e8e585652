import { basename } from 'node:path';

export type Compression = 'xz' | 'gzip' | 'tar';

/** How many bytes of a file `compressionOf` wants to see. */
export const START_BYTES = 512;

const XZ = Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]);
const GZIP = Buffer.from([0x1f, 0x8b]);
const USTAR = Buffer.from('ustar');
const USTAR_AT = 257;

/**
 * How a file is packed, by its first bytes and not by its name: the public guide says .tar.gz where
 * real releases are xz. undefined: not a tarball.
 */
export function compressionOf(start: Uint8Array): Compression | undefined {
  const begins = (magic: Buffer, at = 0) => magic.equals(start.subarray(at, at + magic.length));
  if (begins(XZ)) return 'xz';
  if (begins(GZIP)) return 'gzip';
  if (begins(USTAR, USTAR_AT)) return 'tar';
  return undefined;
}

/** The first component of an entry's name: "sandstorm-308" of "sandstorm-308/bin/node", "." of "./x". */
export function topFolder(entryName: string): string {
  const slash = entryName.indexOf('/');
  return slash === -1 ? entryName : entryName.slice(0, slash);
}

/** Upstream keeps build numbers in a C int. */
const MAX_BUILD = 2 ** 31 - 1;

/**
 * The build a release's top folder stands for; 0 is a custom build, undefined no release.
 * `sandstorm-custom.<date>` is a name on disk only: in a tarball upstream takes digits alone. Leading
 * zeros are refused because upstream would unpack to `sandstorm-0308` and later look for `sandstorm-308`.
 */
export function buildOf(folder: string): number | undefined {
  const digits = /^sandstorm-(0|[1-9][0-9]{0,9})$/.exec(folder)?.[1];
  if (digits === undefined) return undefined;
  const build = Number(digits);
  return build <= MAX_BUILD ? build : undefined;
}

/** As people say it: "0.308" for build 308. */
export function versionName(build: number): string {
  return build === 0 ? 'custom build' : `0.${String(build)}`;
}

/**
 * The build a file's name claims; undefined when it claims none. Only the names upstream gives, and
 * what browsers and people make of them, count: `sandstorm-2024-backup.tar.xz` claims nothing.
 */
export function buildInFileName(path: string): number | undefined {
  const name =
    /^sandstorm-(?:0\.)?([0-9]{1,10})(?:-fast)?(?: ?\([0-9]+\))?\.(?:tar(?:\.[a-z0-9]+)?|tgz|txz)$/i;
  const digits = name.exec(basename(path))?.[1];
  return digits === undefined ? undefined : Number(digits);
}
