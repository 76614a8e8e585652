export interface FileStat {
  readonly kind: 'file' | 'directory' | 'symlink' | 'other';
  readonly size: number;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly dev: number;
  readonly ino: number;
  readonly mtime: Date;
  /** Last change of anything about it, its name included; unlike mtime nobody can set it. */
  readonly ctime: Date;
}

export interface Files {
  /** undefined when nothing is there. Does not follow a final symlink. */
  lstat(path: string): Promise<FileStat | undefined>;
  /** undefined when nothing is there or the link dangles. */
  stat(path: string): Promise<FileStat | undefined>;
  readLink(path: string): Promise<string | undefined>;
  realPath(path: string): Promise<string | undefined>;
  /** Names in a folder, sorted; empty when there is no such folder or it may not be read. */
  list(path: string): Promise<string[]>;
  /**
   * The text of a file; undefined when there is none.
   * @throws Refusal E_IO when it is larger than `maxBytes` (default 1 MiB) or cannot be read.
   */
  readText(path: string, maxBytes?: number): Promise<string | undefined>;
  readBytes(path: string, maxBytes?: number): Promise<Buffer | undefined>;
  /** The first bytes of a file, as many as there are up to `length`. */
  readStart(path: string, length: number): Promise<Buffer>;
  /** The last bytes of a file as text; empty when there is no file. */
  readTail(path: string, length: number): Promise<string>;
  /**
   * The last bytes of a file, and how many it has in all. A link is not followed: whoever may write to that folder must
   * not lead us to another file.
   * @throws Refusal E_IO also when it is not there, or is no regular file.
   */
  readOwnTail(path: string, length: number): Promise<{ readonly size: number; readonly bytes: Buffer }>;
  /**
   * Replaces a file whole: a temporary file beside it, fsync, rename, fsync of the folder. A reader, or
   * a machine after a power cut, sees the old text or the new one. Mode and owner of an existing file
   * are kept; `mode` (default 0644) is for a new one.
   */
  writeAtomic(path: string, data: string | Uint8Array, mode?: number): Promise<void>;
  /** Appends and fsyncs before it resolves. */
  appendSynced(path: string, data: string, mode?: number): Promise<void>;
  /** Creates the file and fsyncs it; false when it is already there (O_EXCL). */
  createExclusive(path: string, data: string, mode?: number): Promise<boolean>;
  makeDir(path: string, mode?: number): Promise<void>;
  /** rename(2) and fsync of the folder, unless told otherwise: of many, all are synced at once. */
  rename(from: string, to: string, options?: { readonly synced?: boolean }): Promise<void>;
  /** Mode 0644 whatever the umask. For many files: neither at once nor synced, a crash may leave a half or nothing. */
  writeUnsynced(path: string, data: string | Uint8Array): Promise<void>;
  /** Makes `path` a link to `target`, replacing what is there at once; the folder is fsynced. */
  replaceLink(path: string, target: string): Promise<void>;
  /**
   * Gives a file one more name, and fsyncs the folder. False, and nothing made, where the filesystem cannot or the
   * two lie on different ones.
   * @throws Refusal E_IO also when something has that name already
   */
  hardLink(from: string, to: string): Promise<boolean>;
  /** fsync of every file and folder below, links not followed. For few and large files; see `sync -f` for many. */
  syncTree(path: string): Promise<void>;
  /** fsync of a folder: the names in it are on the disk. */
  syncDir(path: string): Promise<void>;
  /** Removes a file, link or whole folder; content when it is not there. Never follows links. */
  remove(path: string): Promise<void>;
  /** The same for a single file or link; that it is gone is not synced. */
  removeUnsynced(path: string): Promise<void>;
  /** Removes a folder only if it is empty; says whether it did. */
  removeEmptyDir(path: string): Promise<boolean>;
  /**
   * By reflink where the filesystem can, else bytes. The copy has mode 0600 and is fsynced, unless told otherwise:
   * of many, all are synced at once.
   */
  copy(
    from: string,
    to: string,
    onBytes?: (total: number) => void,
    options?: { readonly mode?: number; readonly synced?: boolean },
  ): Promise<void>;
  /**
   * A copy that shares its blocks with the original, mode 0600, fsynced. False, and nothing made, where
   * the filesystem cannot or the two lie on different ones.
   */
  reflink(from: string, to: string): Promise<boolean>;
  /**
   * Keeps a folder open until the returned function is called, or this process ends however it may: whoever
   * tidies up sees that it is in use.
   */
  hold(path: string): Promise<() => void>;
  /**
   * Makes many files, and other names of files that are there, below a folder that nobody looks at yet; that folder
   * and those in between come by themselves. Readable to all, whatever the umask. Nothing is on the disk before it is synced.
   * @returns how many could only be copied, as the filesystem has no other names for them.
   */
  plant(root: string, things: Iterable<Planted>): Promise<{ readonly copied: number }>;
  /** A new file to be written piece by piece. @throws Refusal E_IO when something is already there. */
  openWrite(path: string, mode?: number): Promise<FileSink>;
  /** The first `length` bytes of a file that may be there, to be gone on with; the rest is cut off. Nothing is synced. */
  openAppend(path: string, length: number): Promise<AppendSink>;
  /** Bytes free to this user on the filesystem that holds `path` or its nearest existing parent. */
  freeSpace(path: string): Promise<{ readonly mount: string; readonly free: number; readonly dev: number }>;
  /**
   * Bytes on the disk that removing it would set free: what has another name elsewhere counts for nothing.
   * Links are not followed.
   */
  freedBytes(path: string): Promise<number>;
  /** A new private folder (0700) under the system's temporary folder. */
  makeTempDir(prefix: string): Promise<string>;
  readable(path: string): Promise<boolean>;
  writable(path: string): Promise<boolean>;
  /** In pieces of 1 MiB. @throws Refusal E_IO for anything but a regular file: a pipe would never end. */
  openRead(path: string): Promise<NodeJS.ReadableStream>;
  /**
   * Reads a file from its first byte to its last into one and the same memory of 1 MiB: a piece is good until `use`
   * has resolved. What `use` throws ends it and passes through.
   * @throws Refusal E_IO as openRead
   */
  readThrough(path: string, use: (piece: Buffer) => Promise<void>): Promise<void>;
}

/** A path below the root, and what is to be there: these bytes, or the file at `linkTo` under one more name. */
export type Planted =
  | { readonly path: string; readonly data: string | Uint8Array }
  | { readonly path: string; readonly linkTo: string };

/** Must be closed. */
export interface AppendSink {
  write(chunks: readonly Uint8Array[]): Promise<void>;
  close(): Promise<void>;
}

/** One of finish or abandon must be called. */
export interface FileSink {
  write(chunk: Uint8Array): Promise<void>;
  /** Closes it with the bytes on the disk, and its name in the folder too. */
  finish(): Promise<void>;
  /** Closes and removes it. */
  abandon(): Promise<void>;
}
