import { basename, join } from 'node:path';
import { Refusal } from '../errors.js';
import { BLOCK, NotTar } from '../release/tar-header.js';
import { TarReader } from '../release/tar-reader.js';
import type { Host } from '../system/host.js';
import { FILES_FOLDER, LARGEST_MANIFEST, MANIFEST_NAME, SIGNATURE_NAME } from './manifest.js';
import { kitMissing, notAKit } from './refusals.js';
import { LARGEST_SIGNATURE } from './signature.js';

/** Who is shown a kit, once, from its first byte to its last. */
export interface KitVisitor {
  /** First of all. What it throws ends the reading. */
  manifest(manifest: Buffer, signature: Buffer): Promise<Expected>;
  /** A file below files/, of that many bytes; says whether they are wanted. */
  begin(name: string, size: number): boolean | Promise<boolean>;
  /** The piece is good until it has resolved. */
  data(piece: Buffer): Promise<void>;
  end(): Promise<void>;
  /** Something that has no place in a kit; `why` continues its name. */
  stray(name: string, why: string): void;
}

export interface Expected {
  /** The files below files/, in the order in which they are best read. */
  readonly names: readonly string[];
  /** Of all of them: what goes on far beyond is not read. */
  readonly bytes: number;
}

/** A kit's folder, or its tar; undefined when neither is there. */
export async function kitKind(path: string, host: Host): Promise<'folder' | 'tar' | undefined> {
  const stat = await host.files.stat(path);
  if (stat?.kind === 'directory') {
    return (await host.files.lstat(join(path, MANIFEST_NAME))) === undefined ? undefined : 'folder';
  }
  if (stat?.kind !== 'file' || stat.size < BLOCK) return undefined;
  // A release begins with its folder sandstorm-<build>/, packed or not.
  const name = (await host.files.readStart(path, BLOCK)).toString('latin1', 0, 100).replace(/\0.*/s, '');
  return name === MANIFEST_NAME ? 'tar' : undefined;
}

/**
 * Shows a kit to a visitor, and changes nothing. Nothing is read twice: who keeps the bytes while they are judged has
 * the very bytes that were judged.
 * @throws Refusal E_KIT_MISSING, E_KIT_FORMAT, E_IO, and what the visitor throws
 */
export async function readKit(path: string, visitor: KitVisitor, host: Host): Promise<void> {
  const kind = await kitKind(path, host);
  if (kind === undefined) {
    if ((await host.files.stat(path)) === undefined) throw kitMissing(path);
    throw notAKit(path, `there is no ${MANIFEST_NAME} in it`);
  }
  await (kind === 'folder' ? readFolder(path, visitor, host) : readTar(path, visitor, host));
}

async function readFolder(path: string, visitor: KitVisitor, host: Host): Promise<void> {
  const { files } = host;
  const head = async (name: string, most: number): Promise<Buffer> => {
    const bytes = await files.readBytes(join(path, name), most).catch((error: unknown) => {
      throw notAKit(path, `${name} cannot be read: ${error instanceof Error ? error.message : ''}`, error);
    });
    if (bytes === undefined) throw notAKit(path, `there is no ${name} in it`);
    return bytes;
  };
  const manifest = await head(MANIFEST_NAME, LARGEST_MANIFEST);
  const { names } = await visitor.manifest(manifest, await head(SIGNATURE_NAME, LARGEST_SIGNATURE));
  const folder = join(path, FILES_FOLDER);
  const there = new Set(await files.list(folder));
  for (const name of names) {
    if (there.delete(name)) await readFile(join(folder, name), name, visitor, host);
  }
  for (const name of there) visitor.stray(`${FILES_FOLDER}/${name}`, 'is not in the manifest');
  const known = [MANIFEST_NAME, SIGNATURE_NAME, FILES_FOLDER];
  for (const name of await files.list(path)) {
    if (!known.includes(name)) visitor.stray(name, 'is not in the manifest');
  }
}

/** It grows while it is read, perhaps for ever. */
class Grows extends Error {}

async function readFile(path: string, name: string, visitor: KitVisitor, host: Host): Promise<void> {
  const stat = await host.files.lstat(path);
  if (stat?.kind !== 'file') {
    // A link could lead to what another machine has in that place.
    visitor.stray(`${FILES_FOLDER}/${name}`, 'is no regular file');
    return;
  }
  if (!(await visitor.begin(name, stat.size))) return;
  let seen = 0;
  try {
    await host.files.readThrough(path, async (piece) => {
      seen += piece.length;
      await visitor.data(piece);
      if (seen > stat.size) throw new Grows();
    });
  } catch (error) {
    // A stick that fails at one place: the other files are looked at all the same.
    const unreadable = error instanceof Refusal && error.code === 'E_IO' && isOf(error, path);
    if (!(error instanceof Grows) && !unreadable) throw error;
    if (unreadable) visitor.stray(`${FILES_FOLDER}/${name}`, `cannot be read: ${error.message}`);
  }
  await visitor.end();
}

function isOf({ message }: Refusal, path: string): boolean {
  return message.includes(path);
}

type Event =
  | { readonly at: 'entry'; readonly name: string; readonly type: string | null; readonly size: number }
  | { readonly at: 'data'; readonly piece: Buffer };

/** GNU tar pads to 10 KiB, others to more; headers of long names are none of ours. */
const PADDING = 1024 * 1024;

async function readTar(path: string, visitor: KitVisitor, host: Host): Promise<void> {
  const walk = new TarWalk(path, visitor);
  let events: Event[] = [];
  const reader = new TarReader({
    entry: ({ name, type, size }) => {
      events.push({ at: 'entry', name, type: type ?? null, size: size ?? 0 });
      return 'data';
    },
    data: (piece) => void events.push({ at: 'data', piece }),
  });
  let broken: string | undefined;
  let seen = 0;
  const feed = async (piece: Buffer): Promise<void> => {
    seen += piece.length;
    events = [];
    try {
      reader.push(piece);
    } catch (error) {
      broken = whyBroken(error);
    }
    // What came before the damage is told of file by file.
    for (const event of events) await walk.take(event);
    if (seen > walk.mostBytes) broken ??= 'goes on far behind what the manifest names';
    if (broken !== undefined) throw new Grows();
  };
  await host.files.readThrough(path, feed).catch((error: unknown) => {
    if (!(error instanceof Grows)) throw error;
  });
  try {
    if (broken === undefined) reader.end();
  } catch (error) {
    broken = whyBroken(error);
  }
  await walk.finish();
  if (!walk.hasBegun)
    throw notAKit(path, broken ?? `${MANIFEST_NAME} and ${SIGNATURE_NAME} do not come first`);
  if (broken !== undefined) visitor.stray(basename(path), broken);
}

/** A clause that continues the file's name. */
function whyBroken(error: unknown): string {
  if (error instanceof NotTar) return 'is damaged, or cut short';
  if (!(error instanceof Refusal) || !error.code.startsWith('E_TARBALL_')) throw error;
  return `has an entry that no kit has (${error.message.replace(', which a release never has', '')})`;
}

class TarWalk {
  hasBegun = false;
  mostBytes = LARGEST_MANIFEST + LARGEST_SIGNATURE + 4 * PADDING;
  private readonly head: Buffer[] = [];
  private gathering: Buffer[] | undefined;
  private open: 'wanted' | 'unwanted' | undefined;

  constructor(
    private readonly path: string,
    private readonly visitor: KitVisitor,
  ) {}

  async take(event: Event): Promise<void> {
    if (event.at === 'entry') await this.entry(event.name, event.type, event.size);
    // Copied, as the manifest is kept longer than the piece it came in is good.
    else if (this.gathering !== undefined) this.gathering.push(Buffer.from(event.piece));
    else if (this.open === 'wanted') await this.visitor.data(event.piece);
  }

  async finish(): Promise<void> {
    if (this.gathering !== undefined) await this.endHead();
    if (this.open === 'wanted') await this.visitor.end();
    this.open = undefined;
  }

  private async entry(name: string, type: string | null, size: number): Promise<void> {
    await this.finish();
    if (!this.hasBegun) {
      this.beginHead(name, type, size);
      return;
    }
    if (type === 'directory' && name === `${FILES_FOLDER}/`) return;
    const [folder, inside = '', more] = name.split('/');
    if (type !== 'file' || folder !== FILES_FOLDER || inside === '' || more !== undefined) {
      this.visitor.stray(name, 'has no place in a kit');
      this.open = 'unwanted';
      return;
    }
    this.open = (await this.visitor.begin(inside, size)) ? 'wanted' : 'unwanted';
  }

  private beginHead(name: string, type: string | null, size: number): void {
    const [expected, most] = HEAD[this.head.length] ?? [];
    if (name !== expected || type !== 'file' || size > (most ?? 0))
      throw notAKit(this.path, `${MANIFEST_NAME} and ${SIGNATURE_NAME} do not come first in it`);
    this.gathering = [];
  }

  private async endHead(): Promise<void> {
    this.head.push(Buffer.concat(this.gathering ?? []));
    this.gathering = undefined;
    const [manifest, signature] = this.head;
    if (manifest === undefined || signature === undefined) return;
    this.hasBegun = true;
    const { names, bytes } = await this.visitor.manifest(manifest, signature);
    this.mostBytes += bytes + names.length * 4 * BLOCK;
  }
}

const HEAD: readonly (readonly [string, number])[] = [
  [MANIFEST_NAME, LARGEST_MANIFEST],
  [SIGNATURE_NAME, LARGEST_SIGNATURE],
];
