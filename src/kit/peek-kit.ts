import type { Host } from '../system/host.js';
import type { KitManifest } from './manifest.js';
import { readKit } from './read-kit.js';

class Seen extends Error {
  constructor(readonly manifest: KitManifest) {
    super();
  }
}

/** The manifest of a kit, judged; none of its files is read. @throws Refusal as readKit, and what `judge` throws */
export async function peekKit(
  path: string,
  judge: (manifest: Buffer, signature: Buffer) => Promise<KitManifest>,
  host: Host,
): Promise<KitManifest> {
  const visitor = {
    manifest: async (manifest: Buffer, signature: Buffer): Promise<never> => {
      throw new Seen(await judge(manifest, signature));
    },
    begin: () => false,
    data: () => Promise.resolve(),
    end: () => Promise.resolve(),
    stray: () => undefined,
  };
  try {
    await readKit(path, visitor, host);
  } catch (error) {
    if (error instanceof Seen) return error.manifest;
    throw error;
  }
  throw new Error('a kit was read without its manifest');
}
