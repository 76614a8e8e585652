import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { Refusal } from '../errors.js';
import type { FileSink, Host } from '../system/host.js';
import { FILES_FOLDER, MANIFEST_NAME, SIGNATURE_NAME } from './manifest.js';
import { partName } from './names.js';
import { kitPlace } from './refusals.js';
import { readSource, type MeasuredSource } from './sources.js';
import { LARGEST_TAR_FILE, tarEnd, tarHeader, tarPadding } from './tar-writer.js';

export interface WholeKit {
  /** kit.json and kit.json.sig. */
  readonly manifest: string;
  readonly signature: string;
  readonly files: readonly MeasuredSource[];
}

export type OnBytes = (count: number) => void;

/** Where a kit is made before it gets its name: only a whole one ever has that. */
export function unfinished(path: string): string {
  return `${path}.unfinished`;
}

/**
 * Makes a kit at `path`, where nothing is; a power cut leaves all of it, or what `unfinished` names.
 * @throws Refusal E_KIT_PLACE, E_IO
 */
export async function writeKit(
  path: string,
  form: 'folder' | 'tar',
  kit: WholeKit,
  host: Host,
  onBytes: OnBytes,
): Promise<void> {
  const aside = unfinished(path);
  await host.files.remove(aside);
  try {
    await (form === 'folder' ? writeFolder(aside, kit, host, onBytes) : writeTar(aside, kit, host, onBytes));
    await host.files.rename(aside, path);
  } catch (error) {
    await host.files.remove(aside).catch(() => undefined);
    throw error;
  }
}

async function writeFolder(path: string, kit: WholeKit, host: Host, onBytes: OnBytes): Promise<void> {
  const folder = join(path, FILES_FOLDER);
  await host.files.makeDir(folder, 0o755);
  for (const measured of kit.files) {
    const { name, parts } = measured.file;
    if (parts === undefined) {
      await intoSink(join(folder, name), host, (sink) =>
        pour(measured, host, onBytes, (piece) => sink.write(piece)),
      );
    } else {
      await writeParts(folder, measured, host, onBytes);
    }
  }
  // Last: a kit that was cut off has no manifest, and is taken for none.
  await host.files.writeAtomic(join(path, SIGNATURE_NAME), kit.signature);
  await host.files.writeAtomic(join(path, MANIFEST_NAME), kit.manifest);
  await host.files.syncDir(path);
}

async function writeParts(
  folder: string,
  measured: MeasuredSource,
  host: Host,
  onBytes: OnBytes,
): Promise<void> {
  const { name, parts = [] } = measured.file;
  let index = 0;
  let left = parts[0]?.size ?? 0;
  let sink: FileSink | undefined;
  try {
    await pour(measured, host, onBytes, async (piece) => {
      for (let rest = piece; rest.length > 0;) {
        sink ??= await host.files.openWrite(join(folder, partName(name, index)), 0o644);
        const fits = rest.subarray(0, left);
        await sink.write(fits);
        left -= fits.length;
        rest = rest.subarray(fits.length);
        if (left > 0) continue;
        await sink.finish();
        sink = undefined;
        index += 1;
        left = parts[index]?.size ?? Infinity;
      }
    });
  } finally {
    await sink?.abandon();
  }
}

async function writeTar(path: string, kit: WholeKit, host: Host, onBytes: OnBytes): Promise<void> {
  const tooLarge = kit.files.find(({ file }) => file.size > LARGEST_TAR_FILE);
  if (tooLarge !== undefined)
    throw kitPlace(path, `${tooLarge.file.name} is larger than a tar takes; give a folder instead`);
  await intoSink(path, host, async (sink) => {
    const texts = [
      [MANIFEST_NAME, kit.manifest],
      [SIGNATURE_NAME, kit.signature],
    ] as const;
    for (const [name, text] of texts) {
      const bytes = Buffer.from(text);
      for (const piece of [tarHeader(name, bytes.length), bytes, tarPadding(bytes.length)])
        await sink.write(piece);
    }
    for (const measured of kit.files) {
      const { name, size } = measured.file;
      await sink.write(tarHeader(`${FILES_FOLDER}/${name}`, size));
      await pour(measured, host, onBytes, (piece) => sink.write(piece));
      await sink.write(tarPadding(size));
    }
    await sink.write(tarEnd());
  });
}

async function intoSink(path: string, host: Host, work: (sink: FileSink) => Promise<void>): Promise<void> {
  const sink = await host.files.openWrite(path, 0o644);
  try {
    await work(sink);
  } catch (error) {
    await sink.abandon();
    throw error;
  }
  await sink.finish();
}

/** What has changed since it was measured would make a kit that nobody takes. */
async function pour(
  { source, file }: MeasuredSource,
  host: Host,
  onBytes: OnBytes,
  use: (piece: Buffer) => Promise<void>,
): Promise<void> {
  const hash = createHash('sha256');
  let size = 0;
  await readSource(source, host, async (piece) => {
    hash.update(piece);
    size += piece.length;
    if (size > file.size) throw changedMeanwhile(file.name);
    await use(piece);
    onBytes(piece.length);
  });
  if (hash.digest('hex') !== file.sha256) throw changedMeanwhile(file.name);
}

function changedMeanwhile(name: string): Refusal {
  return new Refusal('E_IO', `${name} has changed while the kit was made`, {
    hint: 'make the kit once more',
  });
}
