import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import { getRawAsset, isSea } from 'node:sea';
import { fileURLToPath } from 'node:url';

/** What a build was told of itself when it was made (scripts/package/facts.mjs). */
export interface BuildFacts {
  readonly version: string;
  /** null when it was made of sources without a history. */
  readonly commit: string | null;
  /** Files differed from the commit. */
  readonly dirty: boolean;
  /** Of the commit, ISO 8601. */
  readonly date: string;
  /** The Node inside; null when it runs on the machine's own. */
  readonly node: string | null;
  /** SHA-256 of the list of files, as sha256sum writes it. */
  readonly bundle: string;
  /** Name -> SHA-256 of each part. */
  readonly files: Readonly<Record<string, string>>;
}

export interface OwnBuild {
  readonly facts: BuildFacts;
  /** Undefined when it is not there. */
  part(name: string): Promise<Uint8Array | undefined>;
  /** The program that holds all of it, and its SHA-256; undefined where it is a folder. */
  readonly program: { readonly path: string; readonly sha256: string } | undefined;
}

const FACTS = 'build.json';

/** What runs here; undefined when it runs from the sources. */
export async function ownBuild(): Promise<OwnBuild | undefined> {
  const part = isSea() ? partInside : partBeside;
  const facts = await part(FACTS);
  if (facts === undefined) return undefined;
  return {
    facts: JSON.parse(Buffer.from(facts).toString()) as BuildFacts,
    part,
    program: isSea() ? { path: process.execPath, sha256: await hashOf(process.execPath) } : undefined,
  };
}

/** Of this process, as "2.36"; undefined where the C library is another one. */
export function glibcVersion(): string | undefined {
  const report = process.report.getReport() as { header?: { glibcVersionRuntime?: string } };
  return report.header?.glibcVersionRuntime;
}

function partInside(name: string): Promise<Uint8Array | undefined> {
  try {
    return Promise.resolve(new Uint8Array(getRawAsset(name) as ArrayBuffer));
  } catch {
    return Promise.resolve(undefined);
  }
}

async function partBeside(name: string): Promise<Uint8Array | undefined> {
  return readFile(fileURLToPath(new URL(name, import.meta.url))).catch(() => undefined);
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash);
  return hash.digest('hex');
}
