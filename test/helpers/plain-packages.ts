import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AppMetadata, AppPackage } from '../../src/apps/app-package.js';
import { recordOf, type PackageRecord } from '../../src/app-index/record.js';
import type { ReadPackage } from '../../src/app-index/take-in.js';
import { Refusal } from '../../src/errors.js';

/** An app id that says which one it is: one of the alphabet's letters, 52 times. */
export const app = (letter: string): string => letter.repeat(52);

export interface PlainPackage {
  readonly letter?: string;
  readonly versionNumber?: number;
  readonly title?: string;
  readonly metadata?: Partial<AppMetadata>;
}

/** What a package says of itself; its id is that of this text, which is also its file here. */
export function plainPackage(said: PlainPackage = {}): AppPackage & { readonly file: string } {
  const { letter = 'a', versionNumber = 1, title = `App ${letter}`, metadata = {} } = said;
  const file = JSON.stringify({ letter, versionNumber, title, metadata: withoutBytes(metadata) });
  return {
    file,
    packageId: createHash('sha256').update(file).digest('hex').slice(0, 32),
    appId: app(letter),
    signedBy: app(letter),
    title,
    marketingVersion: `${String(versionNumber)}.0`,
    versionNumber,
    packedBytes: file.length,
    unpackedBytes: file.length,
    metadata: {
      icons: {},
      license: { kind: 'none' },
      categories: [],
      author: {},
      screenshots: [],
      ...metadata,
    },
  };
}

export function plainRecord(said: PlainPackage = {}, takenAt = '2026-01-02T03:04:05Z'): PackageRecord {
  return recordOf(plainPackage(said), new Date(takenAt));
}

export function svg(text: string): { readonly format: 'svg'; readonly bytes: Uint8Array } {
  return {
    format: 'svg',
    bytes: Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg"><text>${text}</text></svg>`),
  };
}

/** Writes packages that `readPlain` reads; whole packages with signatures are others' matter here. */
export async function writePlain(dir: string, ...all: readonly PlainPackage[]): Promise<string[]> {
  return Promise.all(
    all.map(async (said) => {
      const { file, packageId } = plainPackage(said);
      const path = join(dir, `${packageId}.spk`);
      await writeFile(path, file);
      return path;
    }),
  );
}

/** Reads what writePlain wrote; anything else is refused. */
export const readPlain: ReadPackage = async (file) => {
  const text = await readFile(file, 'utf8');
  try {
    return plainPackage(withBytes(JSON.parse(text) as PlainPackage));
  } catch {
    throw new Refusal('E_TARBALL_FORMAT', 'it is no package');
  }
};

function withoutBytes(value: unknown): unknown {
  if (value instanceof Uint8Array) return { base64: Buffer.from(value).toString('base64') };
  if (Array.isArray(value)) return value.map(withoutBytes);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, withoutBytes(one)]));
}

function withBytes(said: PlainPackage): PlainPackage {
  return JSON.parse(JSON.stringify(said), (_, value: unknown) =>
    typeof value === 'object' && value !== null && 'base64' in value
      ? Buffer.from(String(value.base64), 'base64')
      : value,
  ) as PlainPackage;
}
