import { WORD } from '../capnp/framing.js';
import { MalformedMessage } from '../capnp/malformed.js';
import { BYTES, follow, type ListTarget, type Reading, type Span, type Target } from '../capnp/pointers.js';
import { MAX_MANIFEST_BYTES } from './manifest.js';

/**
 * The top folder of a package's file tree (`Archive` in Sandstorm's `package.capnp`), read without having the
 * archive in memory: names are asked for, files only measured. `spk pack` writes names in the list's order,
 * so one reading of the archive serves.
 *
 * Like `spk verify` this looks no deeper: where a folder lies stands behind all that is in it, so a walk of
 * the whole tree takes as many readings as folders are nested. What is in it is the signer's, and Sandstorm
 * judges the names as it unpacks.
 */

const MANIFEST_NAME = 'sandstorm-manifest';

/** Whether to stop at the manifest, or to judge all names at the top. */
export type Extent = 'until the manifest' | 'all';

/** Where a file's bytes lie. */
export interface FileSpan extends Span {
  readonly bytes: number;
}

/** Places in `Archive.File`: a number by byte, pointers by index. */
const FILE = { tag: 0, name: 0, content: 1 };
const REGULAR = 0;
const EXECUTABLE = 1;
const LAST_KIND = 3;

/** List and names together, in words: 8 MiB. A real top folder has some dozen names. */
const MAX_WORDS = 1024 * 1024;
/** As file systems have it, with the zero at its end. */
const MAX_NAME_BYTES = 256;

/**
 * Finds the manifest.
 * @param segments sizes of the archive's segments, in words
 * @param onManifest told at once where it is: its bytes may go by before the rest has been looked at
 * @throws MalformedMessage
 */
export function* readTopFolder(
  segments: readonly number[],
  onManifest: (span: FileSpan) => void,
  extent: Extent,
): Reading<void> {
  const reader = new TopFolder(segments);
  const seen = new Set<string>();
  const list = yield* reader.list();
  for (let index = 0; index < list.target.count; index += 1) {
    const entry = entryAt(list, index);
    const name = yield* reader.nameOf(entry);
    requireFileName(name);
    // Whoever reads the first manifest and whoever unpacks the last one would see different apps.
    if (seen.has(name)) throw new MalformedMessage('it has two files of one name');
    seen.add(name);
    const span = yield* reader.contentOf(entry);
    if (name !== MANIFEST_NAME) continue;
    onManifest(requireManifest(span));
    if (extent === 'until the manifest') return;
  }
  if (!seen.has(MANIFEST_NAME)) throw new MalformedMessage('it has no manifest');
}

interface FileList {
  readonly target: ListTarget;
  readonly elements: Buffer;
}

/** One element of a list of files, as bytes, and where it stands. */
interface Entry {
  readonly bytes: Buffer;
  readonly segment: number;
  readonly at: number;
  readonly dataWords: number;
  readonly pointers: number;
}

class TopFolder {
  private words = 0;

  constructor(private readonly segments: readonly number[]) {}

  *list(): Reading<FileList> {
    if ((this.segments[0] ?? 0) === 0) throw new MalformedMessage('its archive is empty');
    const root = yield* this.target(yield* this.read({ segment: 0, at: 0, words: 1 }), 0, 0);
    if (root?.kind !== 'struct' || root.pointers === 0) throw new MalformedMessage('its archive is empty');
    const { segment } = root;
    const at = root.at + root.dataWords;
    const target = yield* this.target(yield* this.read({ segment, at, words: 1 }), segment, at);
    if (target === undefined) throw new MalformedMessage('it has no files');
    // A list of files without anything in them, a billion long, would take no room.
    if (target.kind !== 'list' || target.dataWords + target.pointers === 0) {
      throw new MalformedMessage('something else stands where a list of files should');
    }
    return { target, elements: yield* this.read(target) };
  }

  *nameOf(entry: Entry): Reading<string> {
    const target = yield* this.pointer(entry, FILE.name);
    if (target === undefined) return '';
    const { bytes, ...span } = bytesOf(target);
    if (bytes > MAX_NAME_BYTES) throw new MalformedMessage('a name in it is too long');
    const text = (yield* this.read(span)).subarray(0, bytes);
    if (text.at(-1) !== 0) throw new MalformedMessage('a name in it does not end');
    return text.toString('utf8', 0, text.length - 1);
  }

  /** @returns undefined for links, folders and empty files */
  *contentOf(entry: Entry): Reading<FileSpan | undefined> {
    const kind = entry.dataWords === 0 ? REGULAR : entry.bytes.readUInt16LE(FILE.tag);
    if (kind > LAST_KIND)
      throw new MalformedMessage('it holds something that is neither file, link nor folder');
    if (kind !== REGULAR && kind !== EXECUTABLE) return undefined;
    const target = yield* this.pointer(entry, FILE.content);
    return target === undefined || kind === EXECUTABLE ? undefined : bytesOf(target);
  }

  private *pointer(
    { bytes, segment, at, dataWords, pointers }: Entry,
    index: number,
  ): Reading<Target | undefined> {
    if (index >= pointers) return undefined;
    const from = dataWords + index;
    return yield* this.target(bytes.subarray(from * WORD, (from + 1) * WORD), segment, at + from);
  }

  private *target(pointer: Buffer, segment: number, at: number): Reading<Target | undefined> {
    const following = follow(this.segments, pointer, segment, at);
    let next = following.next();
    while (next.done !== true) next = following.next(yield* this.read(next.value));
    return next.value;
  }

  private *read({ segment, at, words }: Span): Reading<Buffer> {
    this.words += words;
    if (this.words > MAX_WORDS) throw new MalformedMessage('its top folder is larger than anything real');
    return yield { segment, at, words };
  }
}

function entryAt({ target, elements }: FileList, index: number): Entry {
  const { segment, dataWords, pointers } = target;
  const words = dataWords + pointers;
  const bytes = elements.subarray(index * words * WORD, (index + 1) * words * WORD);
  return { bytes, segment, at: target.at + index * words, dataWords, pointers };
}

function bytesOf(target: Target): FileSpan {
  if (target.kind !== 'list' || target.code !== BYTES) {
    throw new MalformedMessage('something else stands where bytes should');
  }
  const { segment, at, words, count } = target;
  return { segment, at, words, bytes: count };
}

function requireManifest(span: FileSpan | undefined): FileSpan {
  if (span === undefined || span.bytes === 0) throw new MalformedMessage('its manifest is no regular file');
  if (span.bytes > MAX_MANIFEST_BYTES) throw new MalformedMessage('its manifest is larger than 8 MiB');
  return span;
}

/** As upstream when it unpacks, which would otherwise write elsewhere. */
function requireFileName(name: string): void {
  if (name === '' || name === '.' || name === '..' || name.includes('/') || name.includes('\0')) {
    throw new MalformedMessage('a file in it has a name that is none');
  }
}
