import { createHash, type Hash } from 'node:crypto';
import type { FileSink, Host } from '../system/host.js';
import type { Finding } from './finding.js';
import {
  diskNames,
  FILES_FOLDER,
  kitBytes,
  type KitFile,
  type KitManifest,
  type KitPart,
} from './manifest.js';
import { readKit, type Expected, type KitVisitor } from './read-kit.js';
import { stopped } from './refusals.js';

export interface CheckWish {
  /** Says whether the manifest counts here, before anything else is read. What it throws ends the reading. */
  readonly judge: (manifest: Buffer, signature: Buffer) => Promise<KitManifest>;
  /** Where a file is to be written while it is judged; undefined when it is only to be judged. */
  readonly keep?: (file: KitFile) => Promise<FileSink | undefined>;
  readonly onProgress?: (done: number, total: number) => void;
}

export interface CheckedKit {
  readonly manifest: KitManifest;
  /** Empty: each byte is as the manifest has it. */
  readonly findings: readonly Finding[];
}

/**
 * Reads a kit once and compares every file and part with the manifest. What is not as it should be is data; files
 * that were kept are there whole, or not at all. Memory does not grow with the kit, and nothing is read far beyond what
 * the manifest names.
 * @throws Refusal as readKit, and what `judge` and `keep` throw
 */
export async function checkKit(path: string, wish: CheckWish, host: Host): Promise<CheckedKit> {
  const check = new KitCheck(wish, host.interrupted);
  try {
    await readKit(path, check, host);
  } catch (error) {
    await check.abandon();
    throw error;
  }
  return check.outcome();
}

/** A file or part that lies below files/ under that name. */
interface Piece extends KitPart {
  readonly file: KitFile;
  readonly index: number;
  readonly isLast: boolean;
}

/** The file that is being put together, and which part of it comes next. */
interface Whole {
  readonly file: KitFile;
  readonly hash: Hash;
  readonly sink: FileSink | undefined;
  next: number;
}

const MOST_FINDINGS = 1000;
const OTHER_BYTES = 'has other bytes than the manifest says';

class KitCheck implements KitVisitor {
  private manifestSaid: KitManifest | undefined;
  private readonly pieces = new Map<string, Piece>();
  private readonly seen = new Set<string>();
  private readonly findings: Finding[] = [];
  private readonly faulty = new Set<string>();
  private current:
    | {
        readonly name: string;
        readonly piece: Piece;
        /** Of a part; a file without parts is hashed once. */
        readonly hash: Hash | undefined;
        bytes: number;
      }
    | undefined;
  private whole: Whole | undefined;
  /** Their last part came, and not the ones before it in their order. */
  private readonly apart: KitFile[] = [];
  private done = 0;
  private total = 0;

  constructor(
    private readonly wish: CheckWish,
    private readonly interrupted: AbortSignal,
  ) {}

  async manifest(bytes: Buffer, signature: Buffer): Promise<Expected> {
    const manifest = await this.wish.judge(bytes, signature);
    this.manifestSaid = manifest;
    for (const file of manifest.files) {
      const parts = file.parts ?? [file];
      diskNames(file).forEach((name, index) => {
        const { size, sha256 } = parts[index] ?? file;
        this.pieces.set(name, { file, index, size, sha256, isLast: index === parts.length - 1 });
      });
    }
    this.total = kitBytes(manifest);
    return { names: [...this.pieces.keys()], bytes: this.total };
  }

  async begin(name: string, size: number): Promise<boolean> {
    const piece = this.pieces.get(name);
    if (piece === undefined) {
      this.stray(`${FILES_FOLDER}/${name}`, 'is not in the manifest');
      return false;
    }
    if (this.seen.has(name)) {
      // Of two, one was judged, and another program may take the other.
      this.find(name, 'doubled', 'is there twice');
      return false;
    }
    this.seen.add(name);
    if (size !== piece.size) {
      this.find(name, 'damaged', `has ${String(size)} bytes, and should have ${String(piece.size)}`);
      return false;
    }
    const hash = piece.file.parts === undefined ? undefined : createHash('sha256');
    this.current = { name, piece, hash, bytes: 0 };
    await this.putTogether(piece);
    return true;
  }

  async data(piece: Buffer): Promise<void> {
    const { current, whole } = this;
    if (this.interrupted.aborted) throw stopped();
    if (current === undefined) return;
    current.bytes += piece.length;
    current.hash?.update(piece);
    // More than the manifest says goes nowhere.
    if (current.bytes <= current.piece.size && whole !== undefined) {
      whole.hash.update(piece);
      await whole.sink?.write(piece);
    }
    this.done += piece.length;
    this.wish.onProgress?.(Math.min(this.done, this.total), this.total);
  }

  async end(): Promise<void> {
    const { current } = this;
    this.current = undefined;
    if (current === undefined) return;
    const { name, piece, hash, bytes } = current;
    if (bytes !== piece.size) this.find(name, 'damaged', 'ends before its end, or goes on behind it');
    else if (hash !== undefined && hash.digest('hex') !== piece.sha256)
      this.find(name, 'damaged', OTHER_BYTES);
    else {
      await this.goOn(piece);
      return;
    }
    await this.dropWhole();
  }

  stray(name: string, why: string): void {
    this.find(name.replace(`${FILES_FOLDER}/`, ''), why.startsWith('cannot') ? 'damaged' : 'extra', why);
  }

  async abandon(): Promise<void> {
    await this.dropWhole();
  }

  async outcome(): Promise<CheckedKit> {
    await this.dropWhole();
    if (this.manifestSaid === undefined) throw new Error('a kit was read without its manifest');
    for (const name of this.pieces.keys()) {
      if (!this.seen.has(name)) this.find(name, 'missing', 'is not there');
    }
    for (const file of this.apart) {
      const names = diskNames(file);
      if (!names.some((name) => this.faulty.has(name)))
        this.find(file.name, 'damaged', 'cannot be put together: its parts do not follow each other');
    }
    return { manifest: this.manifestSaid, findings: this.findings };
  }

  private async putTogether(piece: Piece): Promise<void> {
    const { file, index } = piece;
    if (this.whole?.file === file && this.whole.next === index) return;
    await this.dropWhole();
    if (index > 0) return;
    const sink = await this.wish.keep?.(file);
    this.whole = { file, hash: createHash('sha256'), sink, next: 0 };
  }

  /** A part was right: the whole goes on, or is there. */
  private async goOn({ file, isLast }: Piece): Promise<void> {
    const { whole } = this;
    if (whole === undefined) {
      if (isLast) this.apart.push(file);
      return;
    }
    whole.next += 1;
    if (!isLast) return;
    this.whole = undefined;
    if (whole.hash.digest('hex') === file.sha256) await whole.sink?.finish();
    else {
      await whole.sink?.abandon();
      const isOne = file.parts === undefined;
      this.find(file.name, 'damaged', isOne ? OTHER_BYTES : `${OTHER_BYTES} when its parts are put together`);
    }
  }

  private async dropWhole(): Promise<void> {
    const { whole } = this;
    this.whole = undefined;
    await whole?.sink?.abandon();
  }

  /** The first fault of each is told, and not without end: somebody may have made a million of them. */
  private find(name: string, state: Finding['state'], why: string): void {
    if (this.faulty.has(name) || this.faulty.size >= MOST_FINDINGS) return;
    this.faulty.add(name);
    this.findings.push({ name, state, why });
  }
}
