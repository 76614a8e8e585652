import { promises as fs, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { PortHolder } from './host.js';

interface Listener {
  /** As people write it: 127.0.0.1, ::1. An IPv4 address inside IPv6 is given as IPv4. */
  readonly address: string;
  readonly port: number;
  /** Number of the socket, as in /proc/PID/fd; '0' when nobody has it open. */
  readonly inode: string;
}

const LISTEN = '0A';

/**
 * Everything that listens on a TCP port in this network namespace, once per address and owner. A socket
 * that several processes share is given to the lowest pid: the one that started the others. Owners that
 * this user may not look at have neither pid nor program.
 */
export async function holdersOf(port: number, proc: string): Promise<PortHolder[]> {
  const tables = await Promise.all(['tcp', 'tcp6'].map((name) => readTable(join(proc, 'net', name))));
  const listeners = tables.flatMap(parseListeners).filter((listener) => listener.port === port);
  if (listeners.length === 0) return [];

  const owners = ownersOf(new Set(listeners.map(({ inode }) => inode)), proc);
  const holders = listeners.map(({ address, inode }) => {
    const pid = owners.get(inode);
    return { address, port, pid, program: pid === undefined ? undefined : programOf(pid, proc) };
  });
  // Workers with SO_REUSEPORT have a socket each, all opened by the same parent.
  return [...new Map(holders.map((holder) => [`${holder.address} ${String(holder.pid)}`, holder])).values()];
}

/** The listening sockets in the text of /proc/net/tcp or tcp6 (proc(5)); lines that do not fit are left out. */
export function parseListeners(table: string): Listener[] {
  return table.split('\n').flatMap((line) => {
    const [, local = '', , state, , , , , , inode = ''] = line.trim().split(/\s+/);
    const [hexAddress = '', hexPort = ''] = local.split(':');
    const address = decodeAddress(hexAddress);
    if (state !== LISTEN || address === undefined) return [];
    if (!/^[0-9A-Fa-f]{4}$/.test(hexPort) || !/^\d+$/.test(inode)) return [];
    return [{ address, port: parseInt(hexPort, 16), inode }];
  });
}

/** The kernel prints addresses as 32-bit words in the machine's byte order: little-endian on x86-64. */
function decodeAddress(hex: string): string | undefined {
  if (!/^(?:[0-9A-Fa-f]{8}){1,4}$/.test(hex)) return undefined;
  const bytes = Buffer.from(hex, 'hex').swap32();
  if (bytes.length === 4) return [...bytes].join('.');
  if (bytes.length !== 16) return undefined;
  const mapped = bytes.subarray(0, 12).equals(Buffer.from('00000000000000000000ffff', 'hex'));
  if (mapped) return [...bytes.subarray(12)].join('.');
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(index * 2).toString(16));
  // URL writes the short form of RFC 5952.
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
}

/**
 * Which process has each socket open. Synchronous on purpose: thousands of tiny reads from memory, which
 * a round through the thread pool makes ten times slower.
 */
function ownersOf(inodes: ReadonlySet<string>, proc: string): Map<string, number> {
  const wanted = new Map([...inodes].map((inode) => [`socket:[${inode}]`, inode]));
  const found = new Map<string, number>();
  for (const pid of pidsIn(proc)) {
    const folder = join(proc, String(pid), 'fd');
    for (const name of quietly(() => readdirSync(folder)) ?? []) {
      const inode = wanted.get(quietly(() => readlinkSync(join(folder, name))) ?? '');
      if (inode !== undefined && !found.has(inode)) found.set(inode, pid);
    }
    if (found.size === wanted.size) break;
  }
  return found;
}

function pidsIn(proc: string): number[] {
  return readdirSync(proc)
    .filter((name) => /^[1-9]\d*$/.test(name))
    .map(Number)
    .sort((a, b) => a - b);
}

function programOf(pid: number, proc: string): string | undefined {
  return quietly(() => readFileSync(join(proc, String(pid), 'comm'), 'utf8').trim());
}

/** A kernel without IPv6 has no tcp6. */
async function readTable(path: string): Promise<string> {
  return fs.readFile(path, 'latin1').catch(() => '');
}

/** Processes end, and others may not be looked at, while we walk. */
function quietly<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}
