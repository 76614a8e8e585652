import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundle } from '../../helpers/built-command.js';
import { requireContainers, SHIPPED } from '../../helpers/container.js';
import { containerRoot } from '../../helpers/container-root.js';
import { requireReal } from '../../helpers/real-parts.js';
import { copyImage, makeImage } from './disk.js';
import { FAULTY_TOOL, Machine, TOOL, type Parts } from './machine.js';
import { once } from './once.js';
import { PLACE } from './place.js';

const IMAGE_MEGABYTES = 1000;

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Whether the machines of the proof can be made here; see requireReal. */
export function requireProof(what: string): boolean {
  const programs = ['e2fsck', 'mkfs.ext4', 'unshare', 'perl', 'fallocate', 'findmnt', 'dnsmasq'];
  return requireContainers(what) && requireReal(what, programs);
}

/** Where images are made and machines run on copies of them. */
export class Workshop {
  private static copies = 0;

  private constructor(
    readonly dir: string,
    readonly parts: Parts,
  ) {}

  /** @param name those of the same name work with the same images and tarballs, also in other test files */
  static async open(name: string): Promise<Workshop> {
    const dir = join(process.env[PLACE] ?? '', name);
    const parts = { tool: join(dir, 'tool'), usb: join(dir, 'usb'), audit: here('../audit') };
    await mkdir(parts.usb, { recursive: true });
    await once(dir, 'bundle', () => bundle(here('../faulty-tool/main.ts'), parts.tool).then(() => null));
    return new Workshop(dir, parts);
  }

  /** See once.ts; among those who work here. */
  once<T>(name: string, make: () => Promise<T>): Promise<T> {
    return once(this.dir, name, make);
  }

  /** A Debian with DNS for sandstorm.test, and no Sandstorm yet. */
  async blank(): Promise<string> {
    const image = this.path('blank');
    await makeImage(image, await containerRoot('systemd'), IMAGE_MEGABYTES);
    return this.made(image, prepare);
  }

  /** An image that goes on from another. */
  async madeFrom(base: string, name: string, work: (machine: Machine) => Promise<void>): Promise<string> {
    const image = this.path(name);
    await copyImage(base, image);
    return this.made(image, work);
  }

  /** A machine that runs on its own copy of that image. */
  async machine(base: string): Promise<Machine> {
    Workshop.copies += 1;
    const image = this.path(`machine-${String(process.pid)}-${String(Workshop.copies)}`);
    await copyImage(base, image);
    return Machine.start(image, this.parts);
  }

  private path(name: string): string {
    return join(this.dir, `${name}.img`);
  }

  private async made(image: string, work: (machine: Machine) => Promise<void>): Promise<string> {
    const machine = await Machine.start(image, this.parts);
    try {
      await work(machine);
    } finally {
      await machine.off();
    }
    return image;
  }
}

/** It is booted hundreds of times: nothing that no server needs. */
const NOT_NEEDED = [
  ...['apt-daily', 'apt-daily-upgrade', 'dpkg-db-backup', 'e2scrub_all', 'systemd-tmpfiles-clean'].map(
    (name) => `${name}.timer`,
  ),
  ...['dbus', 'systemd-journald', 'systemd-journald-dev-log'].map((name) => `${name}.socket`),
  ...['dev-hugepages', 'dev-mqueue'].map((name) => `${name}.mount`),
  ...['console', 'wall'].map((name) => `systemd-ask-password-${name}.path`),
  ...[
    'console-getty',
    'dbus',
    'systemd-journal-flush',
    'systemd-journald',
    'systemd-logind',
    'systemd-remount-fs',
    'systemd-sysctl',
    'systemd-sysusers',
    'systemd-tmpfiles-setup',
    'systemd-tmpfiles-setup-dev',
    'systemd-update-utmp',
    'systemd-update-utmp-runlevel',
    'systemd-user-sessions',
  ].map((name) => `${name}.service`),
];

/** Half of a boot is spent on programs that write units for what is not there. */
const NO_GENERATORS =
  'mkdir /etc/systemd/system-generators && for one in /usr/lib/systemd/system-generators/*; do ' +
  'ln -s /dev/null "/etc/systemd/system-generators/${one##*/}"; done';

async function prepare({ box }: Machine): Promise<void> {
  await box.write(
    '/etc/dnsmasq-test.conf',
    'listen-address=127.0.0.1\nbind-interfaces\nno-resolv\nno-hosts\nuser=root\naddress=/#/\n' +
      'host-record=sandstorm.test,127.0.0.1\naddress=/*.sandstorm.test/127.0.0.1\n',
  );
  await box.write(
    '/etc/systemd/system/dns-test.service',
    '[Unit]\nBefore=sandstorm.service\n[Service]\nExecStart=/usr/sbin/dnsmasq -k -C /etc/dnsmasq-test.conf\n' +
      '[Install]\nWantedBy=multi-user.target\n',
  );
  await box.write(FAULTY_TOOL, `#!/bin/sh\nexec node ${TOOL}/main.mjs "$@"\n`);
  await box.sh(
    [
      `chmod 755 ${FAULTY_TOOL}`,
      `ln -s ${SHIPPED}/bin/sandstorm-airgap.js /usr/local/bin/sandstorm-airgap`,
      'printf "127.0.0.1 localhost\\n127.0.1.1 box.sandstorm.test box\\n" > /etc/hosts',
      'rm -f /etc/resolv.conf',
      'echo nameserver 127.0.0.1 > /etc/resolv.conf',
      'systemctl enable --quiet dns-test',
      'systemctl set-default --quiet multi-user.target',
      `systemctl mask --quiet ${NOT_NEEDED.join(' ')}`,
      NO_GENERATORS,
    ].join(' && '),
  );
}
