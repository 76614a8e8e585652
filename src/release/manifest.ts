import { createHash, type Hash } from 'node:crypto';

/** What one entry of a release is to be, once unpacked. */
export type ManifestEntry =
  | { readonly kind: 'directory' }
  | { readonly kind: 'symlink'; readonly target: string }
  | {
      readonly kind: 'file';
      readonly size: number;
      /** By its owner. */
      readonly executable: boolean;
      /** Of its data, 64 hexadecimal digits. */
      readonly sha256: string;
    };

/**
 * All that unpacking a release makes: by path inside its top folder, in the order of the tarball, folders
 * without an entry of their own included, the top folder itself not. A hard link is the file it leads to.
 */
export type ReleaseManifest = ReadonlyMap<string, ManifestEntry>;

const DIRECTORY: ManifestEntry = { kind: 'directory' };

/** Takes the entries of a tarball as they go by, already judged. */
export class ManifestCollector {
  private readonly entries = new Map<string, ManifestEntry>();
  private open: { readonly path: string; readonly executable: boolean; size: number; hash: Hash } | undefined;

  directory(path: string): void {
    this.close();
    if (path !== '') this.entries.set(path, DIRECTORY);
  }

  symlink(path: string, target: string): void {
    this.close();
    this.entries.set(path, { kind: 'symlink', target });
  }

  /** Its data follows. */
  file(path: string, executable: boolean): void {
    this.close();
    this.open = { path, executable, size: 0, hash: createHash('sha256') };
  }

  /** Of the file last begun. */
  data(piece: Uint8Array): void {
    if (this.open === undefined) return;
    this.open.size += piece.length;
    this.open.hash.update(piece);
  }

  /** @param target an earlier file's path */
  hardLink(path: string, target: string): void {
    this.close();
    const file = this.entries.get(target);
    if (file !== undefined) this.entries.set(path, file);
  }

  /** After the last entry. */
  manifest(): ReleaseManifest {
    this.close();
    return this.entries;
  }

  private close(): void {
    if (this.open === undefined) return;
    const { path, executable, size, hash } = this.open;
    this.entries.set(path, { kind: 'file', size, executable, sha256: hash.digest('hex') });
    this.open = undefined;
  }
}
