import { badValue } from '../errors.js';
import { isObject } from '../json.js';
import { collidingName, MOST_PARTS, partName, whyNotName } from './names.js';

/**
 * A transfer kit is a folder, or one uncompressed tar of it:
 *
 *     KIT/kit.json        the manifest, below
 *     KIT/kit.json.sig    one line: the house's ed25519 signature over the manifest's bytes (signature.ts)
 *     KIT/files/<name>    the files, flat; with --split in parts <name>.001, <name>.002, ... instead
 *
 * In a tar `kit.json` and `kit.json.sig` come first, so that every file can be judged as it goes by, from a pipe or a
 * slow stick, without being read twice; parts of one file follow each other.
 *
 * The manifest has one text for one content (JSON, keys in the order of the types here, one blank of indent, a line
 * feed at its end). Other bytes with the same meaning are refused: what was signed, what is read and what is shown
 * cannot differ. Names are such that FAT32 and exFAT take them (names.ts). A kit is complete or not one: each byte
 * below KIT is named by the manifest, with size and hash, and anything else is told of as extra.
 *
 * Against a kit that is genuine and old: `serial` rises with each kit of a key (milliseconds since 1970 when it was
 * made, or one more than the last one, if clocks go back), and who takes kits in remembers the highest one of each key
 * (receipts.ts). A difference names the kit or the request it is a difference to; it is taken in only where that one
 * was taken in, or made.
 */
export interface KitManifest {
  readonly format: typeof FORMAT;
  /** 32 hex digits, made at random. */
  readonly id: string;
  readonly serial: number;
  /** ISO 8601, UTC. */
  readonly created: string;
  /** ISO 8601, UTC; null: it does not expire. */
  readonly expires: string | null;
  /** For people. */
  readonly purpose: string;
  /** Version of this tool that made it. */
  readonly madeWith: string;
  /** The public key that signs it, 64 hex digits: whose serial it is. */
  readonly key: string;
  readonly base: KitBase | null;
  /** Builds of the releases in it, rising. */
  readonly builds: readonly number[];
  readonly files: readonly KitFile[];
}

/** What it is a difference to. */
export interface KitBase {
  readonly kind: 'kit' | 'request';
  readonly id: string;
}

export const KINDS = [
  'release',
  'update-sig',
  'sig',
  'install-script',
  'tool',
  'package',
  'market',
  'catalogue',
  'runbook',
] as const;
export type FileKind = (typeof KINDS)[number];

export interface KitFile extends KitPart {
  readonly name: string;
  readonly kind: FileKind;
  /** In order; left out when the file is whole. */
  readonly parts?: readonly KitPart[];
}

export interface KitPart {
  readonly size: number;
  /** 64 hex digits. */
  readonly sha256: string;
}

export const FORMAT = 'sandstorm-airgap-kit-1';
export const MANIFEST_NAME = 'kit.json';
export const SIGNATURE_NAME = 'kit.json.sig';
export const FILES_FOLDER = 'files';

/** Twenty thousand packages take half of it. */
export const LARGEST_MANIFEST = 8 * 1024 * 1024;
const MOST_FILES = 20_000;
const MOST_BYTES = 2 ** 42;
const MOST_TEXT = 200;
export const CONTROL = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;
export const KIT_ID = /^[0-9a-f]{32}$/;
export const SHA256 = /^[0-9a-f]{64}$/;

/** The one text of a manifest. Pure. */
export function manifestText(manifest: KitManifest): string {
  const { format, id, serial, created, expires, purpose, madeWith, key, base, builds, files } = manifest;
  const ordered = {
    format,
    id,
    serial,
    created,
    expires,
    purpose,
    madeWith,
    key,
    base: base === null ? null : { kind: base.kind, id: base.id },
    builds,
    files: files.map(({ name, kind, size, sha256, parts }) => ({
      name,
      kind,
      size,
      sha256,
      ...(parts === undefined
        ? {}
        : { parts: parts.map((part) => ({ size: part.size, sha256: part.sha256 })) }),
    })),
  };
  return `${JSON.stringify(ordered, undefined, 1)}\n`;
}

/** A manifest, or why it is none, as a clause. Pure. */
export function parseManifest(bytes: Uint8Array): KitManifest | string {
  const text = Buffer.from(bytes).toString('utf8');
  let said: unknown;
  try {
    said = JSON.parse(text);
  } catch {
    return 'it is no JSON';
  }
  if (!isObject(said)) return 'it holds no object';
  if (said.format !== FORMAT) {
    return typeof said.format === 'string' && /^sandstorm-airgap-kit-\d+$/.test(said.format)
      ? 'a later version of this tool made it'
      : 'it does not say that it is one';
  }
  const why = whyNotHead(said) ?? whyNotFiles(said.files);
  if (why !== undefined) return why;
  const manifest = said as unknown as KitManifest;
  // A key that is there twice, or one more than we know, would be seen by some and not by others.
  return manifestText(manifest) === text ? manifest : 'it is not written the way this tool writes it';
}

function whyNotHead(said: Record<string, unknown>): string | undefined {
  const { id, serial, created, expires, purpose, madeWith, key, base, builds } = said;
  if (!matches(id, KIT_ID)) return 'its id is none';
  if (!isCount(serial) || serial === 0) return 'its serial number is none';
  if (!isMoment(created)) return 'it does not say when it was made';
  if (expires !== null && !isMoment(expires)) return 'it does not say when it expires';
  if (!isText(purpose) || !isText(madeWith)) return 'its purpose is no line of text';
  if (!matches(key, SHA256)) return 'it does not say whose key signs it';
  if (base !== null && !(isObject(base) && matches(base.id, KIT_ID) && isBaseKind(base.kind)))
    return 'it does not say what it is a difference to';
  if (!Array.isArray(builds) || !builds.every(isCount)) return 'its builds are no numbers';
  return undefined;
}

function whyNotFiles(files: unknown): string | undefined {
  if (!Array.isArray(files) || files.length > MOST_FILES) return 'it has no list of files, or too long a one';
  let bytes = 0;
  const onDisk: string[] = [];
  for (const file of files as unknown[]) {
    if (!isObject(file) || typeof file.name !== 'string') return 'one of its files has no name';
    const { name, kind, parts } = file;
    const shown = JSON.stringify(name.slice(0, 80)).replace(/[^\x20-\x7e]/g, '?');
    const why = whyNotName(name);
    if (why !== undefined) return `the name ${shown} ${why}`;
    if (!KINDS.some((one) => one === kind)) return `${shown} is of a kind that is not known`;
    if (!isPart(file)) return `${shown} has no size or no hash`;
    if (parts !== undefined && !areParts(parts, file.size))
      return `the parts of ${shown} do not make a whole`;
    bytes += file.size;
    onDisk.push(...diskNames({ name, ...(parts === undefined ? {} : { parts }) }));
  }
  const twice = collidingName(onDisk);
  if (twice !== undefined) return `two of its files are called ${twice}`;
  return bytes > MOST_BYTES ? 'its files are larger than any stick' : undefined;
}

function areParts(parts: unknown, size: number): parts is readonly KitPart[] {
  if (!Array.isArray(parts) || parts.length < 2 || parts.length > MOST_PARTS) return false;
  return parts.every(isPart) && parts.reduce((sum, part) => sum + part.size, 0) === size;
}

/** The names that a file has below `files/`. Pure. */
export function diskNames({
  name,
  parts,
}: {
  readonly name: string;
  readonly parts?: readonly unknown[];
}): string[] {
  return parts === undefined ? [name] : parts.map((_, index) => partName(name, index));
}

/** Bytes of all its files. Pure. */
export function kitBytes({ files }: Pick<KitManifest, 'files'>): number {
  return files.reduce((sum, { size }) => sum + size, 0);
}

/** @throws Refusal E_BAD_VALUE for what no manifest can hold */
export function requireLine(text: string, what: string): string {
  if (!isText(text)) throw badValue(what, text.slice(0, MOST_TEXT), 'a line of text');
  return text;
}

function isPart(said: unknown): said is KitPart {
  return isObject(said) && isCount(said.size) && matches(said.sha256, SHA256);
}

function isBaseKind(said: unknown): said is KitBase['kind'] {
  return said === 'kit' || said === 'request';
}

function isText(said: unknown): boolean {
  return typeof said === 'string' && said.length <= MOST_TEXT && !CONTROL.test(said);
}

export function isCount(said: unknown): said is number {
  return Number.isSafeInteger(said) && (said as number) >= 0;
}

/** As Date writes it: nothing else has one text for one moment. */
export function isMoment(said: unknown): said is string {
  if (typeof said !== 'string' || Number.isNaN(Date.parse(said))) return false;
  return new Date(said).toISOString() === said;
}

export function matches(said: unknown, shape: RegExp): said is string {
  return typeof said === 'string' && shape.test(said);
}
