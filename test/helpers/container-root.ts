import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
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
/** What ansible needs of a server: nothing else. */
const MANAGED = ['openssh-server', 'python3'];
const SYSTEMD = [...COMMON, 'dbus', 'systemd', 'systemd-sysv'];
const PACKAGES = {
  // The stand-ins' Time::HiRes: elsewhere something else brings it.
  plain: [...COMMON, 'perl'],
  systemd: SYSTEMD,
  managed: [...SYSTEMD, ...MANAGED],
  sysvinit: [...COMMON, 'init-system-helpers', 'insserv', 'sysv-rc', 'sysvinit-core'],
} as const;

type RootKind = keyof typeof PACKAGES;

const BOOTSTRAP = 'mmdebstrap --quiet --variant=minbase --include="$2" "$3" "$1.part"';
/** Beside a root that others need too: it has four of five packages, and unpacking them is what takes long. */
const ADD = [
  'cp -a "$4" "$1.part" && mkdir -p "$1.part/var/cache/apt/archives/partial"',
  `DEBIAN_FRONTEND=noninteractive apt-get -qq -y install --no-install-recommends \
    -o Debug::NoLocking=1 -o Dpkg::Use-Pty=0 -o Dir::State::status="$1.part/var/lib/dpkg/status" \
    -o Dir::State::extended_states="$1.part/var/lib/apt/extended_states" -o Dir::Log="$1.part/var/log" \
    -o Dir::Cache::archives="$1.part/var/cache/apt/archives" \
    -o Dpkg::Options::="--root=$1.part" -o Dpkg::Options::=--force-unsafe-io ${MANAGED.join(' ')}`,
  'rm -rf "$1.part"/var/cache/apt/archives/*',
].join(' && ');

/**
 * A Debian root folder with that init, made by mmdebstrap from the machine's own package sources (half a
 * minute) and kept under .cache; never written to afterwards.
 */
export async function containerRoot(kind: RootKind, suite = SUITE): Promise<string> {
  const packages = PACKAGES[kind].join(',');
  const hash = createHash('sha256').update(`${suite} ${packages}`).digest('hex').slice(0, 16);
  const root = `${cache}${kind}-${hash}`;
  // apt knows packages of the machine's own suite alone.
  const added = kind === 'managed' && (await suiteHere()) === suite;
  const base = added ? await containerRoot('systemd', suite) : '';
  await mkdir(cache, { recursive: true });
  // Test files run side by side: one makes the root, the others wait for it.
  const make = `test -d "$1" || { rm -rf "$1.part"; ${added ? ADD : BOOTSTRAP} && mv "$1.part" "$1"; }`;
  await run('flock', [`${root}.lock`, 'sh', '-c', make, 'sh', root, packages, suite, base], {
    timeout: 600_000,
    maxBuffer: 1 << 24,
  });
  return root;
}

async function suiteHere(): Promise<string | undefined> {
  return /^VERSION_CODENAME=(.*)$/m.exec(await readFile('/etc/os-release', 'utf8'))?.[1];
}
