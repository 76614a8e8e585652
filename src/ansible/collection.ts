import { createHash } from 'node:crypto';
import { dirname } from 'node:path';
import { CONTENTS } from './contents.js';

/** What `galaxy.yml` would say. The version is the modules' own: it counts what playbooks rely on. */
export const INFO = {
  namespace: 'sandstorm',
  name: 'airgap',
  version: '1.0.0',
  authors: ['the sandstorm-airgap authors'],
  readme: 'README.md',
  tags: ['application', 'infrastructure', 'linux', 'sandstorm'],
  description: 'Install, update and look after Sandstorm servers on a network without internet',
  license: [],
  license_file: 'LICENSE',
  dependencies: {},
  repository: null,
  documentation: null,
  homepage: null,
  issues: null,
} as const;

export const MANIFEST = 'MANIFEST.json';
export const FILES = 'FILES.json';

/**
 * A collection as `ansible-galaxy collection install` leaves it: the contents, with both lists of them. By path, in
 * the order of a tarball. Pure.
 */
export function collectionFiles(contents: ReadonlyMap<string, string> = CONTENTS): Map<string, string> {
  const list = asJson({ files: [folder('.'), ...entries(contents)], format: 1 });
  const manifest = asJson({ collection_info: INFO, file_manifest_file: file(FILES, list), format: 1 });
  return new Map([[MANIFEST, manifest], [FILES, list], ...contents]);
}

/** Folders before what is in them. */
export function foldersOf(paths: Iterable<string>): string[] {
  const found = new Set<string>();
  for (const path of paths) {
    for (let at = dirname(path); at !== '.'; at = dirname(at)) found.add(at);
  }
  return [...found].sort();
}

/** As FILES.json has it: 64 hexadecimal digits. */
export function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

/**
 * The checksums in the lists of a collection that is there, by path; nothing of lists that are not ours, or were
 * changed. Pure.
 */
export function listedChecksums(
  manifest: string | undefined,
  files: string | undefined,
): ReadonlyMap<string, string> {
  const known = parse(manifest) as {
    collection_info?: { namespace?: unknown; name?: unknown };
    file_manifest_file?: { chksum_sha256?: unknown };
  } | null;
  const { namespace, name } = known?.collection_info ?? {};
  if (manifest === undefined || files === undefined) return new Map();
  if (namespace !== INFO.namespace || name !== INFO.name) return new Map();
  if (known?.file_manifest_file?.chksum_sha256 !== sha256(files)) return new Map();
  const listed = (parse(files) as { files?: unknown } | null)?.files;
  const sums = new Map([
    [MANIFEST, sha256(manifest)],
    [FILES, sha256(files)],
  ]);
  for (const one of Array.isArray(listed) ? (listed as unknown[]) : []) {
    const { name: path, chksum_sha256: sum } = (one ?? {}) as { name?: unknown; chksum_sha256?: unknown };
    if (typeof path === 'string' && typeof sum === 'string') sums.set(path, sum);
  }
  return sums;
}

function entries(contents: ReadonlyMap<string, string>): unknown[] {
  return [
    ...foldersOf(contents.keys()).map(folder),
    ...[...contents].map(([path, text]) => file(path, text)),
  ];
}

function folder(name: string): unknown {
  return { name, ftype: 'dir', chksum_type: null, chksum_sha256: null, format: 1 };
}

function file(name: string, text: string): unknown {
  return { name, ftype: 'file', chksum_type: 'sha256', chksum_sha256: sha256(text), format: 1 };
}

function asJson(value: unknown): string {
  return `${JSON.stringify(value, null, 1)}\n`;
}

function parse(text: string | undefined): unknown {
  try {
    return text === undefined ? null : JSON.parse(text);
  } catch {
    return null;
  }
}
