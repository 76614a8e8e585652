import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const cache = fileURLToPath(new URL('../../.cache/roots/', import.meta.url));

const SUITE = 'bookworm';
/** What a small server has, and the resolver the tests configure. No curl, no node, no sudo. */
const COMMON = [
  'bash',
  'bsdutils',
  'dnsmasq-base',
  'iproute2',
  'openssl',
  'passwd',
  'perl-base',
  'procps',
  'util-linux',
  'xz-utils',
];
const SYSTEMD = [...COMMON, 'dbus', 'systemd', 'systemd-sysv'];
const PACKAGES = {
  // The stand-ins' Time::HiRes: elsewhere something else brings it.
  plain: [...COMMON, 'perl'],
  systemd: SYSTEMD,
  /** What ansible needs of a server: nothing else. */
  managed: [...SYSTEMD, 'openssh-server', 'python3'],
  sysvinit: [...COMMON, 'init-system-helpers', 'insserv', 'sysv-rc', 'sysvinit-core'],
} as const;

type RootKind = keyof typeof PACKAGES;

/**
 * A Debian root folder with that init, made by mmdebstrap from the machine's own package sources (half a
 * minute) and kept under .cache; never written to afterwards.
 */
export async function containerRoot(kind: RootKind, suite = SUITE): Promise<string> {
  const packages = PACKAGES[kind].join(',');
  const hash = createHash('sha256').update(`${suite} ${packages}`).digest('hex').slice(0, 16);
  const root = `${cache}${kind}-${hash}`;
  await mkdir(cache, { recursive: true });
  // Test files run side by side: one makes the root, the others wait for it.
  const make =
    'test -d "$1" || { rm -rf "$1.part"; mmdebstrap --quiet --variant=minbase --include="$2" "$3" "$1.part" && mv "$1.part" "$1"; }';
  await run('flock', [`${root}.lock`, 'sh', '-c', make, 'sh', root, packages, suite], {
    timeout: 600_000,
    maxBuffer: 1 << 24,
  });
  return root;
}
