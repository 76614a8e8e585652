import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Holding, ProcessGlance } from './host.js';

/**
 * Every process with all that it has hold of. Synchronous for the reason given in ports.ts: thousands of tiny
 * reads from memory. Those that end meanwhile are left out.
 */
export function processTable(proc: string): ProcessGlance[] {
  const pids = readdirSync(proc).filter((name) => /^[1-9]\d*$/.test(name));
  return pids.flatMap((pid) => glance(Number(pid), join(proc, pid)) ?? []);
}

function glance(pid: number, folder: string): ProcessGlance | undefined {
  const status = quietly(() => readFileSync(join(folder, 'status'), 'utf8'));
  if (status === undefined) return undefined;
  const field = (name: string): string => new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(status)?.[1] ?? '';
  // A zombie holds nothing any more, and cannot be looked into.
  if (/^[ZX]/.test(field('State'))) return undefined;

  const held: Holding[] = [];
  const identities: string[] = [];
  let hidden = false;
  const follow = (path: string, by: Holding['by']): void => {
    try {
      const target = readlinkSync(path);
      // The rest are sockets, pipes and the like.
      if (target.startsWith('/')) held.push({ by, path: target });
      if (by === 'cwd' || by === 'root') {
        const { dev, ino } = statSync(path);
        identities.push(`${String(dev)}:${String(ino)}`);
      }
    } catch (error) {
      hidden ||= isDenied(error);
    }
  };
  for (const by of ['cwd', 'root', 'exe'] as const) follow(join(folder, by), by);
  try {
    for (const name of readdirSync(join(folder, 'fd'))) follow(join(folder, 'fd', name), 'fd');
  } catch (error) {
    hidden ||= isDenied(error);
  }
  return {
    pid,
    parent: Number(field('PPid')),
    // The second of four: what it may do now.
    uid: Number(field('Uid').split(/\s+/)[1]),
    name: field('Name'),
    command: (quietly(() => readFileSync(join(folder, 'cmdline'), 'utf8')) ?? '').split('\0').slice(0, -1),
    held,
    identities,
    hidden,
  };
}

/** Gone is no doubt; forbidden is one. */
function isDenied(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'EACCES' || error.code === 'EPERM');
}

function quietly<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}
