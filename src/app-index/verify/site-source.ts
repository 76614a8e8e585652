import { join } from 'node:path';
import { Refusal } from '../../errors.js';
import type { Host } from '../../system/host.js';
import { WebTrouble, type Receiver, type WebClient } from '../../system/web.js';

/** The files of a site, wherever it is. */
export interface SiteSource {
  /** undefined when it is not there. @throws Refusal E_IO, also when there is more than `most` of it */
  bytes(path: string, most: number): Promise<Buffer | undefined>;
  /** Has it as a file of this machine for as long as `work` takes; undefined when it is not there. */
  withFile<T>(path: string, most: number, work: (file: string) => Promise<T>): Promise<T | undefined>;
}

export function localSource(root: string, host: Host): SiteSource {
  return {
    bytes: (path, most) => host.files.readBytes(join(root, path), most),
    withFile: async (path, _most, work) => {
      const file = join(root, path);
      return (await host.files.stat(file))?.kind === 'file' ? work(file) : undefined;
    },
  };
}

const PACE = { patienceMs: 20_000, minRate: 100 };

/** @param folder where files are put while they are looked at */
export function webSource(base: string, client: WebClient, folder: string, host: Host): SiteSource {
  const fetch = (path: string, receiver: Receiver): Promise<boolean> =>
    get(`${base}/${path}`, client, receiver, host);
  return {
    async bytes(path, most) {
      const pieces: Buffer[] = [];
      const limit = atMost(path, most);
      const isThere = await fetch(path, (piece) => {
        limit(piece);
        pieces.push(piece);
      });
      return isThere ? Buffer.concat(pieces) : undefined;
    },
    async withFile(path, most, work) {
      const file = join(folder, path.replaceAll('/', '-'));
      const sink = await host.files.openWrite(file);
      const limit = atMost(path, most);
      try {
        const isThere = await fetch(path, (piece) => {
          limit(piece);
          return sink.write(piece);
        });
        if (!isThere) return undefined;
        await sink.finish();
        return await work(file);
      } finally {
        await sink.abandon();
      }
    },
  };
}

function atMost(path: string, most: number): (piece: Buffer) => void {
  let got = 0;
  return (piece) => {
    got += piece.length;
    if (got > most) throw new Refusal('E_IO', `${path} is larger than ${String(most)} bytes`);
  };
}

/** @returns whether it is there. @throws Refusal E_IO when nobody can tell */
async function get(url: string, client: WebClient, receiver: Receiver, host: Host): Promise<boolean> {
  const ask = { method: 'GET', headers: {}, ...PACE, signal: host.interrupted } as const;
  try {
    const { status } = await client.ask(new URL(url), ask, (head) =>
      head.status === 200 ? receiver : undefined,
    );
    if (status === 200) return true;
    if (status === 404 || status === 410) return false;
    throw new Refusal('E_IO', `${url} answers ${String(status)}`);
  } catch (error) {
    if (error instanceof WebTrouble) throw new Refusal('E_IO', `${url}: ${error.message}`, { cause: error });
    throw error;
  }
}
