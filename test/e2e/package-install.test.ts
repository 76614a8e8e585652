import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requireContainers, CONTAINER_TIMEOUT } from '../helpers/container.js';
import { containerRoot } from '../helpers/container-root.js';
import { packaged, PACKAGE_TIMEOUT, requirePackaging, type Packaged } from '../helpers/packaged.js';

/* The packages, put onto a small Debian and taken off again, without a network. */

const WHAT = 'installing the packages';
const ready = requireContainers(WHAT) && requirePackaging(WHAT);

/**
 * Over a Debian that stays as it is, runs `$INSTALL` and `$REMOVE`, and prints what the tool says in between, then what
 * files are there that were not: with it, and after it.
 */
const SCRIPT = `set -eu
mount -t tmpfs none "$1" && mkdir "$1/upper" "$1/work" "$1/root"
mount -t overlay none -o "lowerdir=$2,upperdir=$1/upper,workdir=$1/work" "$1/root"
root=$1/root
cp "$3" "$root/tmp/package"
mount -t proc none "$root/proc" && mount --rbind /dev "$root/dev"
listed() { (cd "$root" && find . -xdev -name proc -prune -o ! -path './var/lib/dpkg/*' ! -path './var/lib/rpm*' ! -path './var/log/*' -print | LC_ALL=C sort) > "$1/$2"; }
listed "$1" before
sh -ec "$4" >&2
env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin chroot "$root" sh -ec 'command -v sandstorm-airgap; sandstorm-airgap --version; sandstorm-airgap self-check --json' > "$1/says" || echo "exit $?" >> "$1/says"
listed "$1" with
sh -ec "$5" >&2
listed "$1" after
cat "$1/says"
echo; echo "# with"; LC_ALL=C comm -13 "$1/before" "$1/with"
echo "# after"; LC_ALL=C comm -3 "$1/before" "$1/after"`;

const COMMON = [
  './usr/bin/sandstorm-airgap',
  './usr/lib/sandstorm-airgap/sandstorm-airgap',
  './usr/share/bash-completion/completions/sandstorm-airgap',
  './usr/share/doc/sandstorm-airgap/README.md',
  './usr/share/doc/sandstorm-airgap/THIRD-PARTY-LICENSES.gz',
  './usr/share/doc/sandstorm-airgap/bom.json',
  './usr/share/fish/vendor_completions.d/sandstorm-airgap.fish',
  './usr/share/man/man1/sandstorm-airgap.1.gz',
];

const PACKAGES = [
  {
    kind: 'deb',
    suite: 'bullseye',
    install: 'chroot "$root" dpkg --install /tmp/package',
    remove: 'chroot "$root" dpkg --purge sandstorm-airgap',
    zsh: './usr/share/zsh/vendor-completions/_sandstorm-airgap',
  },
  {
    kind: 'rpm',
    suite: 'trixie',
    // Debian's own packages are not in rpm's books: what it needs is there without being known there.
    install: 'rpm --root "$root" --dbpath /var/lib/rpm --install --nodeps "$root/tmp/package"',
    remove: 'rpm --root "$root" --dbpath /var/lib/rpm --erase sandstorm-airgap',
    zsh: './usr/share/zsh/site-functions/_sandstorm-airgap',
  },
] as const;

describe.skipIf(!ready).each(PACKAGES)('the .$kind', ({ kind, suite, install, remove, zsh }) => {
  let folder = '';
  let root = '';
  let made: Packaged;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'package-install-'));
    made = await packaged();
    root = await containerRoot('plain', suite);
  }, PACKAGE_TIMEOUT + CONTAINER_TIMEOUT);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it(`comes onto ${suite}, runs there, and leaves nothing`, { timeout: 120_000 }, async () => {
    const apart = ['--mount', '--net', '--pid', '--fork', '--kill-child=KILL'];
    const script = ['sh', '-c', `root=$1/root; export root; ${SCRIPT}`, 'sh', folder, root, made[kind]];
    const { stdout } = await promisify(execFile)('unshare', [...apart, ...script, install, remove]);
    const [says = '', files = ''] = stdout.split('\n# with\n');
    const [place, version, ...json] = says.trim().split('\n');
    expect(place).toBe('/usr/bin/sandstorm-airgap');
    expect(made[kind]).toContain(version);
    expect(JSON.parse(json.join('\n'))).toMatchObject({ ok: true });
    const [come = '', left = ''] = files.split('# after\n');
    expect(come.trim().split('\n')).toEqual(expect.arrayContaining([...COMMON, zsh]));
    expect(
      come
        .trim()
        .split('\n')
        .filter((path) => !path.includes('sandstorm-airgap')),
    ).toEqual(expect.not.arrayContaining([expect.stringMatching(/^\.\/(?:etc|var|usr\/local)\//)]));
    expect(left).toBe('');
  });
});
