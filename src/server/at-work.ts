import { join } from 'node:path';
import type { Host } from '../system/host.js';

export interface AtWork {
  readonly pid: number;
  /** "sandstorm migrate-mongo" */
  readonly what: string;
  /** Sandstorm's own work on the server, which takes as long as it takes. */
  readonly isOwn: boolean;
}

/**
 * A program that an earlier run had started on this HOME and that outlived it: nobody may begin anew beside it.
 * Its command line has a word that lies in one of the folders, or it is one of the verbs of HOME's own command.
 */
export async function stillAtWork(
  home: string,
  folders: readonly string[],
  host: Host,
): Promise<AtWork | undefined> {
  for (const name of await host.files.list(host.layout.proc)) {
    if (!/^\d+$/.test(name) || Number(name) === host.processes.self) continue;
    const text = await host.files.readText(join(host.layout.proc, name, 'cmdline')).catch(() => undefined);
    const words = text?.split('\0').filter((word) => word !== '') ?? [];
    const verb = VERBS.find((one) => words.includes(one));
    const own = words.some((word) => word.startsWith(`${home}/`) && word.endsWith('/sandstorm'));
    if (own && verb !== undefined) return { pid: Number(name), what: `sandstorm ${verb}`, isOwn: true };
    if (folders.some((folder) => words.some((word) => word === folder || word.startsWith(`${folder}/`)))) {
      return { pid: Number(name), what: words[0] ?? 'a program', isOwn: false };
    }
  }
  return undefined;
}

const VERBS = ['migrate-mongo', 'rollback-mongo', 'update'];
