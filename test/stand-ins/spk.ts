import { createHash, createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { appIdOf } from '../../src/apps/app-id.js';
import { CATEGORIES, OPEN_SOURCE_LICENSES } from '../../src/apps/package-schema.js';
import { CapnpWriter } from '../helpers/capnp-writer.js';
import { storedXz } from '../helpers/stored-xz.js';

/**
 * Makes app packages that are valid to the last byte, signature included, without any program: some 100 µs
 * each, so tests of an index can have hundreds. They are packed without being compressed, so a package is about
 * as large as what is in it.
 */
export interface SpkDescription {
  readonly title?: string;
  readonly marketingVersion?: string;
  readonly version?: number;
  /** Who signs, hence which app it is. Default: always the same one. */
  readonly key?: SpkKey;
  /** Bytes of other things in the package; all the same when it is made again. */
  readonly fillerBytes?: number;
  readonly website?: string;
  readonly codeUrl?: string;
  /** "mit", or a licence's text. */
  readonly license?: string | { readonly proprietary: string } | { readonly publicDomain: string };
  /** Their ids: "office". */
  readonly categories?: readonly string[];
  readonly contactEmail?: string;
  readonly upstreamAuthor?: string;
  readonly pgpSignature?: Uint8Array;
  readonly pgpKeyring?: Uint8Array;
  readonly shortDescription?: string;
  readonly description?: string;
  readonly changeLog?: string;
  readonly icons?: Partial<Record<'appGrid' | 'grain' | 'market', SpkIcon>>;
  readonly screenshots?: readonly SpkScreenshot[];
}

export type SpkIcon = { readonly svg: string } | { readonly png?: Uint8Array; readonly png2x?: Uint8Array };

export interface SpkScreenshot {
  readonly width: number;
  readonly height: number;
  readonly format: 'png' | 'jpeg';
  readonly bytes: Uint8Array;
}

export interface SpkKey {
  readonly appId: string;
  readonly publicKey: Buffer;
  /** 64 bytes. */
  sign(message: Uint8Array): Buffer;
}

/** The whole file. */
export function makeSpk(description: SpkDescription = {}): Buffer {
  const archive = archiveOf(description);
  return spkOf(signatureOver(archive, description.key ?? DEFAULT_KEY), archive);
}

/** The same key for the same name, whenever and wherever it is asked for. */
export function spkKey(name: string): SpkKey {
  const seed = createHash('sha256').update(name).digest();
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]);
  const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  const publicKey = createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).subarray(-32);
  return { appId: appIdOf(publicKey), publicKey, sign: (message) => sign(null, message, privateKey) };
}

const DEFAULT_KEY = spkKey('the stand-in app');

/** Magic number and both messages, packed. */
export function spkOf(signature: Uint8Array, archive: Uint8Array): Buffer {
  return Buffer.concat([
    Buffer.from('8fc6cdef451aea96', 'hex'),
    storedXz(Buffer.concat([signature, archive])),
  ]);
}

/** The `Signature` message. */
export function signatureOver(archive: Uint8Array, key: SpkKey): Buffer {
  const hash = createHash('sha512').update(archive).digest();
  return signatureMessage(key.publicKey, Buffer.concat([key.sign(hash), hash]));
}

export function signatureMessage(publicKey: Uint8Array, attached: Uint8Array): Buffer {
  const writer = new CapnpWriter();
  const at = writer.struct(0, 0, 2);
  writer.bytes(at, publicKey);
  writer.bytes(at + 1, attached);
  return writer.message();
}

/** The `Archive` message, laid out as `spk pack` does: files of some size in segments of their own. */
export function archiveOf(description: SpkDescription): Buffer {
  return archiveWith([
    { name: 'README', content: Buffer.from('hello\n') },
    { name: 'dev', content: 'folder' },
    { name: 'filler', content: Buffer.alloc(description.fillerBytes ?? 0, 'filler ') },
    { name: 'sandstorm-manifest', content: manifestOf(description) },
    { name: 'var', content: 'folder' },
  ]);
}

export interface SpkFile {
  readonly name: string;
  readonly content: Uint8Array | 'folder';
}

export function archiveWith(files: readonly SpkFile[]): Buffer {
  return Buffer.concat(archivePieces(files));
}

/** The same in pieces, for archives that are better not in memory twice. */
export function archivePieces(files: readonly SpkFile[]): Uint8Array[] {
  const writer = new CapnpWriter();
  const archive = writer.struct(0, 0, 1);
  const first = writer.structs(archive, files.length, 2, 2);
  files.forEach(({ name, content }, index) => {
    const at = first + 4 * index;
    writer.text(at + 2, name);
    if (content === 'folder') writer.uint16(at, 0, 3);
    else if (name === 'sandstorm-manifest' || content.length > 128 * 1024) writer.bytesApart(at + 3, content);
    else writer.bytes(at + 3, content);
  });
  return writer.pieces();
}

/** The file `sandstorm-manifest`; fields as in package.capnp. */
export function manifestOf(description: SpkDescription): Buffer {
  const writer = new CapnpWriter();
  const manifest = writer.struct(0, 2, 5);
  writer.uint32(manifest, 8, description.version ?? 1);
  localized(writer, manifest + 2 + 2, description.marketingVersion ?? '1.0.0');
  localized(writer, manifest + 2 + 3, description.title ?? 'Stand-in');
  writeMetadata(writer, manifest + 2 + 4, description);
  return writer.message();
}

function writeMetadata(writer: CapnpWriter, pointerAt: number, described: SpkDescription): void {
  const at = writer.struct(pointerAt, 1, 17);
  const pointers = at + 1;
  const { icons = {}, categories = [], screenshots = [] } = described;
  writeIcon(writer, pointers, icons.appGrid);
  writeIcon(writer, pointers + 1, icons.grain);
  writeIcon(writer, pointers + 2, icons.market);
  writer.text(pointers + 3, described.website);
  writer.text(pointers + 4, described.codeUrl);
  writeLicense(writer, at, described.license);
  writer.numbers16(
    pointers + 7,
    categories.map((id) => numberOf(CATEGORIES, id)),
  );
  writer.text(pointers + 8, described.contactEmail);
  writer.bytes(pointers + 9, described.pgpSignature);
  writer.bytes(pointers + 10, described.pgpKeyring);
  localized(writer, pointers + 11, described.description);
  localized(writer, pointers + 12, described.shortDescription);
  const first = writer.structs(pointers + 13, screenshots.length, 2, 1);
  screenshots.forEach(({ width, height, format, bytes }, index) => {
    const one = first + 3 * index;
    writer.uint32(one, 0, width);
    writer.uint32(one, 4, height);
    writer.uint16(one, 8, format === 'png' ? 1 : 2);
    writer.bytes(one + 2, bytes);
  });
  localized(writer, pointers + 14, described.changeLog);
  writer.text(pointers + 16, described.upstreamAuthor);
}

function writeIcon(writer: CapnpWriter, pointerAt: number, icon: SpkIcon | undefined): void {
  if (icon === undefined) return;
  const at = writer.struct(pointerAt, 1, 2);
  if ('svg' in icon) {
    writer.uint16(at, 0, 1);
    writer.text(at + 1, icon.svg);
  } else {
    writer.uint16(at, 0, 2);
    writer.bytes(at + 1, icon.png);
    writer.bytes(at + 2, icon.png2x);
  }
}

function writeLicense(writer: CapnpWriter, at: number, license: SpkDescription['license']): void {
  const text = at + 1 + 5;
  if (typeof license === 'string') {
    writer.uint16(at, 0, 1);
    writer.uint16(at, 2, numberOf(OPEN_SOURCE_LICENSES, license));
  } else if (license !== undefined) {
    const isProprietary = 'proprietary' in license;
    writer.uint16(at, 0, isProprietary ? 2 : 3);
    localized(writer, text, isProprietary ? license.proprietary : license.publicDomain);
  }
}

function localized(writer: CapnpWriter, pointerAt: number, text: string | undefined): void {
  if (text !== undefined) writer.text(writer.struct(pointerAt, 0, 2), text);
}

function numberOf(table: readonly ({ readonly id: string } | undefined)[], id: string): number {
  const number = table.findIndex((one) => one?.id === id);
  if (number < 0) throw new Error(`package.capnp has no ${id}`);
  return number;
}
