import { posix } from 'node:path';
import { buildOf, topFolder } from './format.js';
import { Tally, type Limits } from './limits.js';
import type { ManifestCollector } from './manifest.js';
import { contentsRefused, UNPRINTABLE } from './refusals.js';

/** What of a tar entry's header is judged. `type`: file, directory, symlink, link (a hard one). */
export interface EntryHeader {
  readonly name: string;
  readonly type?: string | null | undefined;
  readonly size?: number | undefined;
  readonly mode?: number | undefined;
  readonly linkname?: string | null | undefined;
}

/** What the entries say, once all have gone by. */
export interface ContentsFacts {
  readonly build: number;
  /** Folders that have no entry of their own and that tar makes all the same included. */
  readonly entries: number;
  /** Sum of the file sizes; on the disk it takes up to half a block more for each entry. */
  readonly unpackedBytes: number;
  /** Carries MongoDB 7, so an older database must be migrated. */
  readonly hasMongod7: boolean;
  /** First line of the buildstamp file: who built it and when. */
  readonly buildstamp?: string;
}

type Kind = 'file' | 'directory' | 'symlink';

const BUILDSTAMP_BYTES = 64;

/**
 * Judges the entries of a release in the order they come. Nothing is unpacked: this says whether
 * unpacking it with tar stays inside one folder, and whether that folder is a release.
 *
 * Symbolic links with an absolute target are let through: a release is the inside of a chroot and has
 * them (make-bundle.sh links shared libraries by absolute path). They are harmless because nothing may
 * be written through a link.
 * @throws Refusal E_TARBALL_CONTENTS, E_TARBALL_TOO_BIG
 */
export class ContentsJudge {
  private readonly kinds = new Map<string, Kind | 'implied'>();
  private readonly tally: Tally;
  private top: { readonly folder: string; readonly build: number } | undefined;
  private hasBinary = false;
  private hasMongod7 = false;
  private wantsStamp = false;
  private buildstamp: Buffer | undefined;

  /** @param collector is told of every entry, once it has been judged, and of its data */
  constructor(
    limits: Limits,
    private readonly collector?: ManifestCollector,
  ) {
    this.tally = new Tally(limits);
  }

  /** Says which data of this entry is wanted back through `data`. */
  entry(header: EntryHeader): 'skip' | 'data' {
    const { name } = header;
    this.tally.add(name, header.size ?? 0);
    requireSafeName(name);
    const kind = kindOf(header);
    const path = name.endsWith('/') ? name.slice(0, -1) : name;
    const top = (this.top ??= topOf(header));
    if (topFolder(name) !== top.folder) {
      throw contentsRefused(name, `lies outside ${top.folder}/: a release has a single top folder`);
    }

    this.requireNew(path, kind);
    this.requireRealParents(name, path, top.folder.length + 1);
    if (header.type === 'symlink') requireInside(header, path, top.folder);
    if (header.type === 'link' && this.kinds.get(header.linkname ?? '') !== 'file') {
      throw contentsRefused(name, 'is a hard link to something that is no earlier file of the release');
    }
    this.kinds.set(path, kind);
    const inside = path.slice(top.folder.length + 1);
    this.collect(header, inside, kind, top.folder);
    this.wantsStamp = this.note(header, inside, kind);
    return this.wantsStamp || (this.collector !== undefined && header.type === 'file') ? 'data' : 'skip';
  }

  /** Data of the entry last judged 'data', in pieces. */
  data(piece: Buffer): void {
    this.collector?.data(piece);
    if (!this.wantsStamp) return;
    const have = this.buildstamp ?? Buffer.alloc(0);
    this.buildstamp = Buffer.concat([have, piece.subarray(0, BUILDSTAMP_BYTES - have.length)]);
  }

  /** After the last entry. */
  facts(): ContentsFacts {
    if (this.top === undefined) throw contentsRefused(undefined, 'holds nothing');
    if (!this.hasBinary) {
      throw contentsRefused(undefined, `has no program ${this.top.folder}/sandstorm`);
    }
    const buildstamp = this.buildstamp?.toString('utf8').split('\n')[0]?.replace(ALL_UNPRINTABLE, '');
    return {
      build: this.top.build,
      entries: this.tally.entries,
      unpackedBytes: this.tally.unpackedBytes,
      hasMongod7: this.hasMongod7,
      ...(buildstamp === undefined || buildstamp === '' ? {} : { buildstamp }),
    };
  }

  private collect({ type, mode, linkname }: EntryHeader, inside: string, kind: Kind, top: string): void {
    if (kind === 'directory') this.collector?.directory(inside);
    else if (kind === 'symlink') this.collector?.symlink(inside, linkname ?? '');
    else if (type === 'link') this.collector?.hardLink(inside, (linkname ?? '').slice(top.length + 1));
    else this.collector?.file(inside, ((mode ?? 0) & 0o100) !== 0);
  }

  /** Says whether its data is the buildstamp. */
  private note(header: EntryHeader, inside: string, kind: Kind): boolean {
    if (kind !== 'file') return false;
    if (inside === 'sandstorm') this.hasBinary = ((header.mode ?? 0) & 0o100) !== 0;
    if (inside === 'bin/mongod7') this.hasMongod7 = true;
    return inside === 'buildstamp' && header.type === 'file';
  }

  private requireNew(path: string, kind: Kind): void {
    const before = this.kinds.get(path);
    if (before === undefined || (before === 'implied' && kind === 'directory')) return;
    // The later one wins when unpacked: what was looked at first would not be what is run.
    throw contentsRefused(path, 'is there twice');
  }

  /** Every folder above it must be a folder: through a link, tar would write where the link points. */
  private requireRealParents(name: string, path: string, below: number): void {
    for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
      const parent = path.slice(0, end);
      const kind = this.kinds.get(parent);
      if (kind === 'symlink') throw contentsRefused(name, 'would be written through a symbolic link');
      if (kind === 'file') throw contentsRefused(name, 'lies below a file');
      if (kind !== undefined) return;
      this.tally.add(parent, 0);
      this.kinds.set(parent, 'implied');
      this.collector?.directory(parent.slice(below));
    }
  }
}

const ALL_UNPRINTABLE = new RegExp(UNPRINTABLE, 'g');

function topOf(first: EntryHeader): { folder: string; build: number } {
  const folder = topFolder(first.name);
  const build = buildOf(folder);
  // Both upstream programs take the build from the first name they see.
  if (build === undefined || first.type !== 'directory' || first.name !== `${folder}/`) {
    throw contentsRefused(first.name, 'comes first, where a release has its folder sandstorm-<build>/');
  }
  return { folder, build };
}

function kindOf({ name, type, size }: EntryHeader): Kind {
  switch (type) {
    case 'directory':
      // The library would take its data for further entries.
      if (size !== 0) throw contentsRefused(name, 'has data although it is no file');
      return 'directory';
    case 'file':
    case 'link':
      if (name.endsWith('/')) throw contentsRefused(name, 'is named like a folder and is none');
      return 'file';
    case 'symlink':
      if (name.endsWith('/')) throw contentsRefused(name, 'is named like a folder and is none');
      return 'symlink';
    default:
      throw contentsRefused(name, 'is neither file, folder nor link, which a release never has');
  }
}

function requireSafeName(name: string): void {
  if (UNPRINTABLE.test(name)) throw contentsRefused(name, 'has control characters or no UTF-8 in its name');
  if (name.startsWith('/')) throw contentsRefused(name, 'has an absolute name');
  for (const part of (name.endsWith('/') ? name.slice(0, -1) : name).split('/')) {
    if (part === '..') throw contentsRefused(name, 'has ".." in its name');
    // install.sh takes "./sandstorm-N/" for a release and then fails in the middle of the installation.
    if (part === '.') throw contentsRefused(name, 'has "./" in its name, which the installer cannot unpack');
    if (part === '') throw contentsRefused(name, 'has an empty part in its name');
    if (Buffer.byteLength(part) > 255) throw contentsRefused(name, 'has a name that is too long');
  }
}

function requireInside({ name, linkname }: EntryHeader, path: string, top: string): void {
  const target = linkname ?? '';
  if (target === '' || UNPRINTABLE.test(target) || Buffer.byteLength(target) > 1024) {
    throw contentsRefused(name, 'is a symbolic link to an impossible name');
  }
  if (target.startsWith('/')) return;
  const resolved = posix.join(posix.dirname(path), target);
  if (resolved !== top && !resolved.startsWith(`${top}/`)) {
    throw contentsRefused(name, 'is a symbolic link that leaves the release');
  }
}
